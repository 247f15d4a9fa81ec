"""How fast it is, as ratios: what our code costs above what it stands on.

    make bench                    all of it, a quarter of an hour; writes docs/performance.md anew
    make bench-quick              the same from small numbers, some minutes; prints only
    make bench ARGS=storm         some suites only; --database SQLite names one database

    python -m benchmarks.generate --scale 100     a house with two million tickets

A figure in requests per second says as much of the machine as of the code. So every
figure is a ratio of two things measured in one run, by turns (A B A B …), each turn a
second or two long, and the medians of the turns are compared. Everything runs on this
machine's loopback address, on databases that are thrown away, and ends by itself: every
load has a last moment, every process belongs to a block that stops it.

| folder | what it holds |
| --- | --- |
| `house/` | a made-up house of any size: what `generate` writes |
| `stage/` | databases, houses, servers, turns; `serve.py` alone knows how servers start |
| `tasks/` | work that needs the ORM, in processes of their own inside of a house |
| `load/` | clients that cost little, and the bare script that asks the database itself |
| `bare/` | what views are measured against: a bare Django view, hello world |
| `storm/` | on-sale night: customers, the books, the checker, and the guards switched off |
| `suites/` | what is measured, one file per question |
| `report/` | tables, plots, and the marks of docs/performance.md that they go to |

How to read the code: a suite sets the stage, gives each side a function that returns one
number per turn, lets `by_turns` call them, and adds a `Figure` with its target. A run in
which the checker objects, or in which it has nothing to say of the control, fails.
"""
