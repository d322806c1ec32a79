"""Reports: what the archive knows, told to people.

``explain`` tells the life of one package or one file in sentences, from the custody log and from the PREMIS inside the
package. Nothing here changes anything.
"""
