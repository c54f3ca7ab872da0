"""Meet an unknown source: profile its tables, propose what they mean, write it down to be edited.

A guess is only as good as its evidence, so every guess carries it; what is unsure becomes a
`TODO(connect)` in the files, which `holdfast doctor` refuses until a person has decided.
"""
