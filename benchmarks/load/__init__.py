"""Load: clients that cost little, and the bare script that asks the database itself."""
