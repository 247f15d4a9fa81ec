"""The failure matrix: every way in which money is known to go astray, over real HTTP.

The application is served, its customers ask its API with tokens of their own, Stripe is the
sandbox and posts its webhooks back, and the worker does its rounds. Each test plays one row,
or one variant that a row names; whatever it plays, `closing.py` then asks the same of all.
"""
