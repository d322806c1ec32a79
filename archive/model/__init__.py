"""The words of the archive, as frozen values (DESIGN §2).

Digests, names, packages, replicas, rights and consents, fixity outcomes and the records of the custody log. Everything
here is pure: no file is opened, no clock is read. Start with ``names`` for how a delivered name becomes a path in a
package, with ``digests`` for what is computed in one reading, and with ``records`` for what the custody log says.
"""
