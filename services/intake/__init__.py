"""Takes complaints and actions in, masks them, and answers only when Kafka has them.

Writes `complaint-input`; reads what institutions write to `agency-<code>-action`, and tells them
on `agency-<code>` what it refused.
"""
