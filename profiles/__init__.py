"""Rules as versioned data plus the code that checks them.

Home of ``Finding``, the one way in which anything here says that content is wrong. BagIt profiles, ingest profiles,
format policy and METS requirement checks join it as they are needed; data files are never edited once used. Start
with ``finding``.
"""
