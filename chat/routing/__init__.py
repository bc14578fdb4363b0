"""Which store answers: the ports to a control plane, the router that obeys it, and the fixed policies without one."""
