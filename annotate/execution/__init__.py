"""Execution of steps on a lake: the step contract, planning, leases, commits, and runners."""
