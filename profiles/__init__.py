"""Rules as versioned data plus the code that checks them.

Home of ``Finding``, the one way in which anything here says that content is wrong. BagIt profiles are data alone.
``eark`` asks METS documents every requirement of E-ARK CSIP and AIP 2.2 (``csip``, ``csip_structure``, ``eark_aip``);
``judgement`` adds schemas and references. ``format_risk`` holds how much at risk formats are, ``risk_reading`` reads
tables of it, and ``format_policy`` says what is done about each. Ingest profiles join them as needed; data files are
never edited once used. Start with ``finding``, then ``requirement``.
"""
