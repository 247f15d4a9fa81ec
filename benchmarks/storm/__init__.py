"""On-sale night: five hundred people want the three hundred seats of one show, at once."""
