"""What a person is asked: a definition goes in, a marshmallow Schema that reads answers comes out.

Pure: knows no engine, no database and no web. The door is `compiler.compile_form`; `units.convert`
stands alone.
"""
