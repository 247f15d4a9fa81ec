"""The least that the same server can do: what our views are measured against."""
