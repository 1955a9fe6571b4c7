"""Passwords that are cheap to check, in this process alone.

What makes a hash safe, 64 MiB and a fifth of a second, tests would pay for four hundred times.
Servers and commands in processes of their own have the plant's, and so has
tests/unit/test_passwords.py.
"""

from argon2 import PasswordHasher

from engine.access import passwords

PLANTS_OWN = passwords._hasher
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
