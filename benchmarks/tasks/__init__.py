"""Work that needs the ORM, done in a process of its own inside of the house under test."""
