"""How fast it is, as ratios: what our code costs above what it stands on.

    make bench            all of it, about ten minutes; writes docs/performance.md anew
    make bench-quick      the same with small numbers, about a minute; prints only

    python -m benchmarks.generate --scale 100     a house with two million tickets

A figure in requests per second says as much of the machine as of the code. So every
figure here is a ratio of two things measured in one run, by turns (A B A B …), each turn
a few seconds long, and the medians of the turns are compared.

| folder | what it holds |
| --- | --- |
| `house/` | a made-up house of any size: what `generate` writes |
"""
