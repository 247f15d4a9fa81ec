"""Guards proven by mutation: each is taken away in turn, and a test has to miss it.

    make mutants
    make mutants ARGS="session-key refund-key"
    make mutants ARGS=--list

A suite that stays green without a guard does not guard it. Every mutant names the promise
that it breaks and the few tests that keep it, so that all of them take minutes.
"""
