"""A second reader of Tsumugu's formats, written from docs/FORMATS.md alone. The sections named in the
modules are that page's. Whatever breaks a rule raises Refused."""
