"""Everything that happens around money, in any order: see `test_any_order.py`."""
