"""The assets, one module a step of the flow; each reads a resource, calls one function, reports."""
