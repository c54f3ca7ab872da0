"""`holdfast doctor`: checks of the configuration, the sources and the versions of packages.

Repairs do not belong here: a finding names the remedy.
"""
