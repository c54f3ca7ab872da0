"""Receivers of messages: mail servers and webhooks, their settings, and the sending of a mail.

The contents of a message do not belong here (`brief/`, `alerts/`), nor the receivers of actions
(`hand_over.py`).
"""
