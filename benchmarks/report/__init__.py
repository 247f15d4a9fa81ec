"""What came out: tables and plots."""
