"""Running steps on a lake: the step contract, planning, leases, committing, and the runners."""
