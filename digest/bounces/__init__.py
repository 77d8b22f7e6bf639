"""Mail that comes back: bounces, complaints, and mails that ask to leave.

`reading` turns the bytes of one mail into a `Report`; it touches nothing. `maildir`, `mbox`,
`imap` and `single` are the mailboxes. Nothing here can send mail, and nothing here decides
whether a report is true: that needs the keys.
"""
