"""`holdfast doctor`: checks of the configuration, the sources and the versions of packages.

Repairs do not belong here: each finding names its remedy.
"""
