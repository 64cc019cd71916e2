"""What the path costs: CPU time and throughput of each service, beside a bare loop.

Each stage is measured alone, warm and over the same complaints, in this order:

1. `intake`: the complaints are submitted over HTTP, 32 at a time, until each has its 202.
2. `router`: the same records, until each has its event on `complaint-event`.
3. `notifier`: the router's records for institutions, until the webhook of each has arrived.
4. `metrics`: the router's events. The CPU time runs until `salur_cases` adds up to the
   complaints, the clock of its throughput until all of them are committed: in between is only
   the wait for the next snapshot.
5. `whole`: all four services and as many new complaints over HTTP, until every webhook has
   arrived and the counts are right. The CPU time is the sum of the four; it holds what they
   spend on waiting and on small batches while the feed goes on, so it exceeds the stages' sum.

After each stage comes the `baseline`: a plain aiokafka loop (`deploy/dev/bench/baseline.py`, a
process of its own) reads the records that intake wrote, parses, serialises and writes them. A
stage's ratio is to the mean of the bare loop before and after it.

No start-up is measured. Before a service starts, its group is set to the end of its topics; so it
becomes ready with nothing to do. When it is ready and calm, the records that an earlier stage left
are written again, and the CPU clock is read just before the first and just after the last is
through. A service is stopped after its stage, so that it costs the next one nothing.

Figures are per record of the stage: for the notifier per webhook, since complaints in triage have
none. Feeder, receiver, broker and database run on the same machine: throughput is what is left
beside them, and only ratios may be compared between machines.
"""
