"""What a person is asked: a definition goes in, a marshmallow Schema that reads the answers comes out.

Pure: knows no engine, no database and no web.
`compiler.compile_form` is the door; `units.convert` stands alone.
"""
