"""The record of an instance: everything that happened, what it holds, what it waits for."""
