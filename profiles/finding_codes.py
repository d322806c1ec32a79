"""The registry of finding codes: each code once, how much it may weigh, whom it needs and who may see it.

A code that was ever sealed or printed is never renamed, reused or given another meaning; new ones are added. The
identifiers of E-ARK requirements (``CSIP1``) are no codes of this registry: the tables in ``csip`` and ``eark_aip`` are
theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from profiles.finding import Finding, Severity

_E, _W, _I = (Severity.ERROR,), (Severity.WARNING,), (Severity.INFO,)
_EW = (Severity.ERROR, Severity.WARNING)
_WI = (Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class _Entry:
    spelling: str
    severities: tuple[Severity, ...]
    meaning: str
    needs_person: bool = False
    for_producer: bool = False
    about_received_file: bool = False
    ingest_says_otherwise: bool = False


_delivery = partial(_Entry, for_producer=True)
"""About what a producer delivered."""
_own = partial(_Entry, for_producer=False)
"""About the archive itself: for whoever runs it, and for no producer."""


class FindingCode(StrEnum):
    """Every code of a finding, by the name the source uses.

    ``severities`` are those it may have, the gravest first; ``meaning`` is one sentence for the reference.
    ``needs_person``: it waits for a person even where it is no error (every error does). ``for_producer``: receipts and
    papers of an accession may hold it. ``about_received_file``: about the bytes of a file that was received, so that it
    holds whatever its folder is found to be later. ``ingest_says_otherwise``: of a bag being taken in, ingest says the
    same in a code of its own, for bags and folders alike.
    """

    severities: tuple[Severity, ...]
    meaning: str
    needs_person: bool
    for_producer: bool
    about_received_file: bool
    ingest_says_otherwise: bool

    def __new__(cls, entry: _Entry) -> FindingCode:
        """The member that ``entry`` describes."""
        code = str.__new__(cls, entry.spelling)
        code._value_ = entry.spelling
        code.severities = entry.severities
        code.meaning = entry.meaning
        code.needs_person = entry.needs_person
        code.for_producer = entry.for_producer
        code.about_received_file = entry.about_received_file
        code.ingest_says_otherwise = entry.ingest_says_otherwise
        return code

    # bagit.txt (RFC 8493 §2.1.1)
    DECLARATION_MISSING = _delivery("declaration-missing", _E, "The bag has no bagit.txt.")
    DECLARATION_BYTE_ORDER_MARK = _delivery("declaration-byte-order-mark", _E, "bagit.txt begins with such a mark.")
    DECLARATION_ENCODING = _delivery("declaration-encoding", _E, "bagit.txt is not UTF-8.")
    DECLARATION_VERSION_MISSING = _delivery("declaration-version-missing", _E, "bagit.txt names no version.")
    DECLARATION_VERSION_MALFORMED = _delivery("declaration-version-malformed", _E, "The version is no version.")
    DECLARATION_VERSION_UNSUPPORTED = _delivery("declaration-version-unsupported", _E, "No rules for it are known.")
    DECLARATION_ENCODING_MISSING = _delivery("declaration-encoding-missing", _E, "bagit.txt names no encoding.")
    DECLARATION_ENCODING_UNKNOWN = _delivery("declaration-encoding-unknown", _E, "The encoding is not known.")
    DECLARATION_ENCODING_NOT_UTF_8 = _delivery("declaration-encoding-not-utf-8", _W, "Tag files are not in UTF-8.")
    DECLARATION_LINES = _delivery("declaration-lines", _EW, "bagit.txt is not exactly its two lines.")
    DECLARATION_LABEL_CASE = _delivery("declaration-label-case", _EW, "Labels are spelled with other capitals.")
    DECLARATION_WHITESPACE = _delivery("declaration-whitespace", _EW, "bagit.txt has stray white space.")

    # Tag files (RFC 8493 §2.2, §2.3)
    TAG_FILE_TOO_LARGE = _delivery("tag-file-too-large", _E, "A tag file is too large to be parsed.")
    TAG_FILE_ENCODING = _delivery("tag-file-encoding", _E, "A tag file is not in the declared encoding.")
    TAG_FILE_BYTE_ORDER_MARK = _delivery("tag-file-byte-order-mark", _EW, "A tag file begins with such a mark.")
    INFO_BLANK_LINE = _delivery("info-blank-line", _W, "bag-info.txt has blank lines.")
    INFO_LINE_MALFORMED = _delivery("info-line-malformed", _E, "bag-info.txt has lines that are no metadata.")
    INFO_WHITESPACE = _delivery("info-whitespace", _EW, "bag-info.txt has other white space than a single one.")
    FETCH_LINE_MALFORMED = _delivery("fetch-line-malformed", _E, "fetch.txt has lines that are no URL, size and path.")
    FETCH_URL_MALFORMED = _delivery("fetch-url-malformed", _E, "fetch.txt has lines without an absolute URI.")
    FETCH_PATH_OUTSIDE_PAYLOAD = _delivery("fetch-path-outside-payload", _E, "fetch.txt lists a file of no payload.")
    FETCH_FILE_NOT_LISTED = _delivery("fetch-file-not-listed", _E, "A file to fetch is in no or not every manifest.")
    FETCH_SIZE_DIFFERS = _delivery("fetch-size-differs", _W, "A file has another size than fetch.txt states.")
    OXUM_REPEATED = _delivery("oxum-repeated", _EW, "Payload-Oxum is stated more than once.")
    OXUM_MALFORMED = _delivery("oxum-malformed", _E, "Payload-Oxum is not two numbers joined by a dot.")
    OXUM_MISMATCH = _delivery("oxum-mismatch", _E, "Payload-Oxum is not what the payload holds.")

    # Manifests (RFC 8493 §2.1.3, §2.2.1, §2.4)
    MANIFEST_BLANK_LINE = _delivery("manifest-blank-line", _EW, "A manifest has blank lines.")
    MANIFEST_LINE_MALFORMED = _delivery("manifest-line-malformed", _E, "A manifest has lines of no digest and path.")
    MANIFEST_MD5SUM_ESCAPE = _delivery("manifest-md5sum-escape", _W, "A manifest has lines escaped as md5sum does it.")
    MANIFEST_MD5SUM_ASTERISK = _delivery("manifest-md5sum-asterisk", _W, "Paths have the asterisk of md5sum.")
    MANIFEST_LISTS_FOLDER = _delivery("manifest-lists-folder", _E, "A manifest lists a folder.")
    MANIFEST_PATH_OUTSIDE_PAYLOAD = _delivery("manifest-path-outside-payload", _E, "A manifest lists other files.")
    MANIFEST_NAME_NOT_NORMALISED = _delivery("manifest-name-not-normalised", _W, "Almost a manifest, by its name.")
    DIGEST_MALFORMED = _delivery("digest-malformed", _EW, "A digest has not the length or letters of its algorithm.")
    PATH_RELATIVE = _delivery("path-relative", _W, "Paths begin with ./ in a manifest.")
    PATH_UNSAFE = _delivery("path-unsafe", _E, "A listed path could leave the bag.")
    PERCENT_NOT_ENCODED = _delivery("percent-not-encoded", _W, "A percent sign stands unencoded in a manifest.")
    PERCENT_DECODED = _delivery("percent-decoded", _I, "A listed path was found by decoding it.")
    NAME_NOT_UTF_8 = _delivery("name-not-utf-8", _W, "A listed name is in another encoding.")
    NAME_NORMALISED_DIFFERENTLY = _delivery("name-normalised-differently", _W, "The disk composes letters otherwise.")
    BACKSLASH_SEPARATOR = _delivery("backslash-separator", _E, "A listed path is separated by backslashes.")
    LISTED_TWICE = _delivery("listed-twice", _EW, "A manifest lists a file twice, with the same digest.")
    LISTED_TWICE_DIFFERENTLY = _delivery("listed-twice-differently", _E, "Twice, with different digests.")
    PAYLOAD_MANIFEST_MISSING = _delivery("payload-manifest-missing", _E, "The bag has no payload manifest.")
    TAG_MANIFEST_MISSING = _delivery("tag-manifest-missing", _I, "The bag has no tag manifest.")
    TAG_MANIFEST_INCOMPLETE = _delivery("tag-manifest-incomplete", _E, "A tag manifest leaves a payload manifest out.")
    TAG_MANIFEST_LISTS_PAYLOAD = _delivery("tag-manifest-lists-payload", _E, "A tag manifest lists a payload file.")
    TAG_MANIFEST_LISTS_TAG_MANIFEST = _delivery("tag-manifest-lists-tag-manifest", _E, "It lists one of its kind.")
    ALGORITHM_UNKNOWN = _delivery("algorithm-unknown", _EW, "The digests of a manifest cannot be checked here.")
    ALGORITHMS_WEAK = _delivery("algorithms-weak", _I, "No digest is stronger than MD5 or SHA-1.")

    # Completeness and digests of a bag (RFC 8493 §3)
    LISTING_INCOMPLETE = _delivery("listing-incomplete", _E, "Not every folder of the bag could be listed.")
    LINK_IN_BAG = _delivery("link-in-bag", _E, "A symbolic link is in the bag.", ingest_says_otherwise=True)
    SPECIAL_FILE_IN_BAG = _delivery("special-file-in-bag", _E, "A pipe or the like is.", ingest_says_otherwise=True)
    PAYLOAD_DIRECTORY_MISSING = _delivery("payload-directory-missing", _E, "The bag has no folder data.")
    PAYLOAD_FILE_NOT_FETCHED = _delivery("payload-file-not-fetched", _E, "A file left to be fetched is not there.")
    PAYLOAD_FILE_MISSING = _delivery(
        "payload-file-missing", _E, "A payload manifest lists a file that is not there.", ingest_says_otherwise=True
    )
    TAG_FILE_MISSING = _delivery("tag-file-missing", _E, "A tag manifest lists a file that is not there.")
    PAYLOAD_FILE_NOT_LISTED = _delivery(
        "payload-file-not-listed", _E, "A payload file is in no manifest.", ingest_says_otherwise=True
    )
    PAYLOAD_FILE_NOT_IN_EVERY_MANIFEST = _delivery("payload-file-not-in-every-manifest", _E, "One leaves it out.")
    TAG_FILE_NOT_LISTED = _delivery("tag-file-not-listed", _I, "No tag manifest lists a tag file.")
    FOLDER_EMPTY = _delivery("folder-empty", _I, "A payload folder is empty.", ingest_says_otherwise=True)
    SYSTEM_FILE = _delivery("system-file", _W, "A file that macOS or Windows writes by itself.")
    CASE_TWINS = _delivery("case-twins", _W, "Names differ in capitals only.")
    NORMALISATION_TWINS = _delivery("normalisation-twins", _W, "Names differ in how letters are composed only.")
    UNREADABLE = _delivery("unreadable", _E, "A file cannot be read.")
    PAYLOAD_DIGEST_MISMATCH = _delivery("payload-digest-mismatch", _E, "A payload file is not what its manifest says.")
    TAG_DIGEST_MISMATCH = _delivery("tag-digest-mismatch", _E, "A tag file is not what its manifest says.")
    SECOND_OPINION_NOT_POSSIBLE = _delivery("second-opinion-not-possible", _E, "bagit-python may hang on it.")
    SECOND_OPINION_FAILED = _delivery("second-opinion-failed", _E, "bagit-python could not judge the bag.")
    SECOND_OPINION_INVALID = _delivery("second-opinion-invalid", _E, "bagit-python refuses the bag.")
    SECOND_OPINION_DIGEST_MISMATCH = _delivery("second-opinion-digest-mismatch", _E, "It finds another digest.")
    SECOND_OPINION_FILE_MISSING = _delivery("second-opinion-file-missing", _E, "It misses a listed file.")
    SECOND_OPINION_FILE_NOT_LISTED = _delivery("second-opinion-file-not-listed", _E, "It finds a file unlisted.")

    # What a BagIt profile asks for (BagIt Profiles Specification)
    PROFILE_NOT_NAMED = _delivery("profile-not-named", _E, "The bag does not name the agreed profile.")
    PROFILE_TAG_MISSING = _delivery("profile-tag-missing", _E, "A required tag is missing.")
    PROFILE_TAG_RECOMMENDED = _delivery("profile-tag-recommended", _I, "A recommended tag is missing.")
    PROFILE_TAG_REPEATED = _delivery("profile-tag-repeated", _E, "A tag stands there more than once.")
    PROFILE_TAG_VALUE = _delivery("profile-tag-value", _E, "A tag has a value that is not allowed.")
    PROFILE_MANIFEST_MISSING = _delivery("profile-manifest-missing", _E, "A required manifest is missing.")
    PROFILE_MANIFEST_FORBIDDEN = _delivery("profile-manifest-forbidden", _E, "A manifest is not allowed.")
    PROFILE_FETCH_FORBIDDEN = _delivery("profile-fetch-forbidden", _E, "fetch.txt is not allowed.")
    PROFILE_FETCH_MISSING = _delivery("profile-fetch-missing", _E, "fetch.txt is required and missing.")
    PROFILE_SERIALIZATION = _delivery("profile-serialization", _E, "The bag does not come in the agreed form.")
    PROFILE_BAGIT_VERSION = _delivery("profile-bagit-version", _E, "The version of BagIt is not an agreed one.")
    PROFILE_FILE_MISSING = _delivery("profile-file-missing", _E, "A required file is missing.")
    PROFILE_FILE_FORBIDDEN = _delivery("profile-file-forbidden", _E, "A file is not allowed.")
    PROFILE_NOT_EMPTY = _delivery("profile-not-empty", _E, "The payload should be empty.")

    # METS and PREMIS (`premis.faults.Code`, and what is said beside)
    NOT_XML = _delivery("not-xml", _E, "A document is not well-formed XML.")
    SCHEMA = _delivery("schema", _E, "A document breaks its schema.")
    NOT_METS = _delivery("not-mets", _E, "A document is no METS.")
    NOT_PREMIS = _delivery("not-premis", _E, "A document is no PREMIS.")
    ID_DUPLICATE = _delivery("id-duplicate", _E, "An ID stands there twice.")
    ID_UNRESOLVED = _delivery("id-unresolved", _E, "A reference leads to no ID.")
    ID_WRONG_TARGET = _delivery("id-wrong-target", _E, "A reference leads to an element of another kind.")
    HREF_MISSING = _delivery("href-missing", _E, "A reference has no address.")
    HREF_UNREADABLE = _delivery("href-unreadable", _E, "An address cannot be read.")
    HREF_OUTSIDE = _delivery("href-outside", _E, "An address leads out of the package.")
    HREF_SYMLINK = _delivery("href-symlink", _E, "An address leads over a symbolic link.")
    FILE_MISSING = _delivery("file-missing", _E, "A referenced file is not there.")
    FILE_NOT_REGULAR = _delivery("file-not-regular", _E, "What is referenced is no regular file.")
    SIZE_MISSING = _delivery("size-missing", _E, "The size of a file is not given.")
    SIZE_WRONG = _delivery("size-wrong", _E, "A file has another size than given.")
    CHECKSUM_MISSING = _delivery("checksum-missing", _E, "The digest of a file is not given.")
    CHECKSUM_UNSUPPORTED = _delivery("checksum-unsupported", _E, "A digest cannot be checked here.")
    CHECKSUM_WRONG = _delivery("checksum-wrong", _E, "A file has another digest than given.")
    IDENTIFIER_DUPLICATE = _delivery("identifier-duplicate", _E, "An identifier stands there twice.")
    IDENTIFIER_EMPTY = _delivery("identifier-empty", _E, "An identifier is empty.")
    LINK_UNRESOLVED = _delivery("link-unresolved", _EW, "A link leads to nothing; to another package: a warning.")
    DATETIME_UNREAL = _delivery("datetime-unreal", _E, "A date and time that never was.")
    TERM_UNKNOWN = _delivery("term-unknown", _E, "A term stands in no vocabulary.")
    NO_SCHEMAS = _delivery("no-schemas", _I, "No schemas are installed, so none were asked.")
    NOT_E_ARK = _delivery("not-e-ark", _I, "A document does not say that it follows E-ARK.")

    # A delivery, before anything is received
    NOT_A_BAG = _delivery("not-a-bag", _W, "It claims to be a bag and is taken in as a plain folder.")
    LINK = _delivery("link", _W, "A symbolic link, which was not followed.")
    FIFO = _delivery("fifo", _W, "A named pipe, which holds no bytes.")
    SOCKET = _delivery("socket", _W, "A socket, which holds no bytes.")
    DEVICE = _delivery("device", _W, "A device, which was not opened.")
    UNREADABLE_ENTRY = _delivery("unreadable-entry", _E, "Something that cannot be looked at.")
    UNREADABLE_FOLDER = _delivery("unreadable-folder", _E, "A folder that cannot be listed.")
    EMPTY_FOLDER = _delivery("empty-folder", _I, "An empty folder; it stands in the listing.")
    LISTED_NOT_DELIVERED = _delivery("listed-not-delivered", _E, "A manifest or checksum file lists more than came.")
    DELIVERED_NOT_LISTED = _delivery("delivered-not-listed", _W, "A file stands in no manifest or checksum file.")
    SEAL_NOT_INTACT = _delivery("seal-not-intact", _W, "The seal of a medium was not intact.", needs_person=True)
    MEDIUM_WRITABLE = _delivery("medium-writable", _I, "The medium is mounted for writing, too.")

    # Checksum files
    CHECKSUM_FILE_UNREADABLE = _delivery("checksum-file-unreadable", _W, "A checksum file cannot be read.")
    NO_CHECKSUMS = _delivery("no-checksums", _W, "No line of what is named like a checksum file is one.")
    CHECKSUM_LINE_MALFORMED = _delivery("checksum-line-malformed", _W, "A line is no digest and path.")
    CHECKSUM_ALGORITHM_UNKNOWN = _delivery("checksum-algorithm-unknown", _W, "A digest cannot be checked here.")
    CHECKSUM_PATH_OUTSIDE = _delivery("checksum-path-outside", _W, "A line names a file outside the delivery.")
    CHECKSUM_OF_ITSELF = _delivery("checksum-of-itself", _I, "A line speaks of the checksum file itself.")
    CHECKSUM_CONTRADICTION = _delivery("checksum-contradiction", _W, "Lines give a file different digests.")
    CHECKSUM_LINE_TWICE = _delivery("checksum-line-twice", _I, "Lines give a file the same digest.")

    # A producer's table
    ENCODING_GUESSED = _delivery("encoding-guessed", _W, "The encoding of a table was guessed.")
    ENCODING_DOUBTFUL = _delivery("encoding-doubtful", _W, "A table may be in another encoding.")
    ODD_QUOTES = _delivery("odd-quotes", _I, "Quotation marks of a table are not as RFC 4180 has them.")
    NAMED_OTHERWISE = _delivery("named-otherwise", _W, "A table is of another form than its name says.")
    HIDDEN_SHEETS = _delivery("hidden-sheets", _I, "A workbook has hidden sheets.")
    MERGED_CELLS = _delivery("merged-cells", _W, "A sheet has merged cells.")
    ZEROS_SHOWN_ONLY = _delivery("zeros-shown-only", _W, "Leading zeros are shown and not in the cells.")
    DIGITS_LOST = _delivery("digits-lost", _W, "A long number may have lost its last digits.")
    CELL_ERROR = _delivery("cell-error", _W, "A cell holds the error of a formula.")
    FORMULA_WITHOUT_RESULT = _delivery("formula-without-result", _W, "A formula was not worked out.")
    COLUMN_TWICE = _delivery("column-twice", _W, "Two columns have one name.")
    COLUMN_MISSING = _delivery("column-missing", _W, "A column that is needed is missing.")
    COLUMN_NOT_GIVEN = _delivery("column-not-given", _I, "A column that the profile asks for is missing.")
    ROW_MALFORMED = _delivery("row-malformed", _E, "A row cannot be read.")
    ROW_WITHOUT_PATH = _delivery("row-without-path", _W, "A row names no file.")
    RAGGED_ROW = _delivery("ragged-row", _W, "A row has more or fewer cells than the heading.")
    NOT_TEXT = _delivery("not-text", _W, "A row holds octets that are no text.")
    DATE_AS_NUMBER = _delivery("date-as-number", _W, "A date is the number of a spreadsheet's day.")
    DATE_IMPOSSIBLE = _delivery("date-impossible", _W, "A date cannot be.")
    RIGHTS_UNCLEAR = _delivery("rights-unclear", _W, "A code of rights is not known; embargo holds.", needs_person=True)
    DUPLICATE_ROW = _delivery("duplicate-row", _W, "Rows speak of the same file.")
    CONTRADICTING_ROWS = _delivery("contradicting-rows", _W, "Rows contradict each other.", needs_person=True)
    ROW_BY_GUESS = _delivery("row-by-guess", _W, "The row of a file was found by guessing its encoding.")
    FILE_WITHOUT_ROW = _delivery("file-without-row", _W, "A file has no row.", needs_person=True)
    ROW_WITHOUT_FILE = _delivery("row-without-file", _W, "A row has no file.", needs_person=True)

    # Taking a delivery in
    DIGEST_MISMATCH = _delivery(
        "digest-mismatch", _E, "A file was received with another digest than given.", about_received_file=True
    )
    CHANGED_WHILE_RECEIVED = _delivery(
        "changed-while-received", _W, "It was written to meanwhile.", needs_person=True, about_received_file=True
    )
    GONE_BEFORE_RECEIVED = _delivery("gone-before-received", _E, "A file was listed and gone before it was received.")
    NOT_RECEIVED_TO_ITS_END = _delivery("not-received-to-its-end", _E, "The rest of a delivery was given up.")
    FORMAT_REVIEW = _delivery("format-review", _I, "A person should look at the format.", about_received_file=True)
    SIGNATURE_INVALID = _delivery("signature-invalid", _E, "A signature does not fit.", about_received_file=True)
    ITEM_CAME_APART = _delivery("item-came-apart", _W, "Files of one item came apart.", about_received_file=True)
    FILE_WITHOUT_GROUP = _delivery("file-without-group", _W, "No group is named for an item.", needs_person=True)
    ITEM_OF_SEVERAL_GROUPS = _delivery("item-of-several-groups", _W, "More than one is.", needs_person=True)
    QUARANTINED = _delivery(
        "quarantined", _W, "A file is kept apart in quarantine.", needs_person=True, about_received_file=True
    )
    QUARANTINE_DECIDED = _delivery("quarantine-decided", _I, "It was, and somebody has decided since.")
    QUARANTINE_KEY_MADE = _own("quarantine-key-made", _W, "A key for quarantine was made: copy it.", needs_person=True)
    REPLICA_NOT_STORED = _own("replica-not-stored", _W, "A copy could not be stored.", needs_person=True)
    CUSTODY_COPY_FAILED = _own("custody-copy-failed", _W, "The log could not be copied.", needs_person=True)
    CUSTODY_COPY_DIFFERS = _own("custody-copy-differs", _E, "A copy of the log tells another history.")

    # An audit (`archive.model.fixity.FixityOutcome`, and what is said beside)
    ALTERED = _own("altered", _E, "A file is not what was sealed.")
    MISSING = _own("missing", _E, "A file or package is not there.")
    EXTRA = _own("extra", _E, "A file is there that was never sealed.")
    OFFLINE = _own("offline", _E, "A file is at a location out of reach.")
    NOT_CHECKED = _own("not-checked", _E, "A file could not be checked.")
    TOOL_ERROR = _own("tool-error", _E, "A tool failed over a file.")
    NOTE = _own("note", _W, "Something odd about a replica.")
    TAMPERING = _own("tampering", _E, "A replica agrees with itself and not with the log.")
    FROZEN = _own("frozen", _E, "A replica is frozen until its incident is closed.")
    CATALOGUE_DISAGREES = _own("catalogue-disagrees", _E, "Catalogue and log disagree about a package.")
    NOT_REPAIRED = _own("not-repaired", _E, "A damage could not be repaired.")
    REPAIR_LIMIT = _own("repair-limit", _E, "So many files are damaged that none is repaired.")

    # The custody log and its copies (`archive custody verify`)
    LOG_NOT_REPLAYED = _own("log-not-replayed", _E, "The log cannot be replayed.")
    CUSTODY_UNREADABLE = _own("custody-unreadable", _E, "The log cannot be read.")
    CUSTODY_HEAD = _own("custody-head", _E, "The head of the log is wrong.")
    CUSTODY_MISSING = _own("custody-missing", _E, "Records are missing.")
    CUSTODY_RECORD = _own("custody-record", _E, "A record is not what its leaf commits to.")
    CUSTODY_PRIVATE = _own("custody-private", _EW, "A private line is missing, altered, or lies there although erased.")
    CUSTODY_OWED = _own("custody-owed", _W, "Lines that were erased still lie here, or at a location.")
    COPY_PRIVATE = _own("copy-private", _EW, "A copy of the log has other private lines, or lacks some.")
    CUSTODY_ROOT = _own("custody-root", _E, "The leaves have another root than the head.")
    CUSTODY_STRANGER = _own("custody-stranger", _W, "A file in the log's folder is none of it.")
    CUSTODY_TREE = _own("custody-tree", _EW, "The derived files of the tree were wrong.")
    COPY_BROKEN = _own("copy-broken", _E, "A copy of the log cannot be read to its end.")
    COPY_DIFFERS = _own("copy-differs", _E, "A copy of the log has other records.")
    COPY_BEHIND = _own("copy-behind", _W, "A copy of the log lacks the newest records.")
    LOG_CUT = _own("log-cut", _E, "The log had more records once.")
    LOG_GAP = _own("log-gap", _E, "Leaves of the log are missing.")
    LOG_REWRITTEN = _own("log-rewritten", _E, "The log is not the one it was.")
    CHECKPOINT_NONE = _own("checkpoint-none", _W, "No checkpoint was made yet.")
    CHECKPOINT_BEHIND = _own("checkpoint-behind", _I, "Records are newer than the newest checkpoint.")
    CHECKPOINT_BAD = _own("checkpoint-bad", _E, "A checkpoint is none of this log.")
    CHECKPOINT_RETIRED_KEY = _own("checkpoint-retired-key", _E, "A retired key signed a checkpoint.")
    CHECKPOINT_TIME = _own("checkpoint-time", _W, "The time of a checkpoint is odd.")
    CHECKPOINT_FORK = _own("checkpoint-fork", _E, "Two checkpoints of one size tell two histories.")
    CHECKPOINT_STRANGER = _own("checkpoint-stranger", _E, "A location holds a checkpoint that was lost here.")
    CHECKPOINT_NOT_COPIED = _own("checkpoint-not-copied", _W, "A location lacks a checkpoint.")
    CHECKPOINT_NOT_MADE = _own("checkpoint-not-made", _EW, "A checkpoint that was wanted was not made.")
    EPOCH_FORGED = _own("epoch-forged", _E, "A note at a location that a home took over is not rightly signed.")
    HOME_REHEARSAL = _own("home-rehearsal", _I, "This home was rebuilt, and has not taken over.")
    HOME_SUPERSEDED = _own("home-superseded", _W, "Another home has taken over.", needs_person=True)
    HOME_CONTESTED = _own("home-contested", _W, "Two homes took over under one number.", needs_person=True)
    KEYS_DIFFER = _own("keys-differ", _EW, "A list of keys is not that of the log.")
    KEY_UNKNOWN = _own("key-unknown", _E, "A key of the log that the log does not hold.")
    KEY_UNUSABLE = _own("key-unusable", _W, "A secret on this machine cannot be used.")
    KEY_STRANGER = _own("key-stranger", _W, "A secret on this machine is no key of the log.")
    KEY_EXCHANGED = _own("key-exchanged", _E, "A secret is not that of the key of its name.")
    KEY_ELSEWHERE = _own("key-elsewhere", _I, "No key that signs checkpoints is on this machine.")
    SIGNER_FORGETFUL = _own("signer-forgetful", _W, "What a signer signed last is not remembered.")
    SINCE_ANOTHER_LOG = _own("since-another-log", _E, "A checkpoint from outside is of another log.")
    SINCE_UNSIGNED = _own("since-unsigned", _I, "A checkpoint from outside came without its signature.")
    SINCE_SIGNATURE = _own("since-signature", _EW, "The signature of a checkpoint from outside is not right.")
    ACT_NOT_ALLOWED = _own("act-not-allowed", _E, "The log holds an act that was not allowed.")
    REASON_NOT_SIGNED = _own("reason-not-signed", _E, "The reason of a request is not the one that was signed.")
    TIME_FELL = _own("time-fell", (Severity.ERROR, Severity.INFO), "A record is dated before the one that it follows.")
    CLOCK_BEHIND = _own("clock-behind", _W, "This machine's clock was behind the log.")
    POLICY_LOWERED = _own("policy-lowered", _W, "archive.toml asks for less than was agreed.")

    # Catalogue, bags and log against each other (`archive custody verify`)
    CATALOGUE_UNREADABLE = _own("catalogue-unreadable", _E, "The catalogue cannot be read.")
    CATALOGUE_APPLIED = _own("catalogue-applied", _E, "The catalogue took in more or fewer records.")
    CATALOGUE_EXTRA = _own("catalogue-extra", _E, "The catalogue has a row of which the log knows nothing.")
    CATALOGUE_MISSING = _own("catalogue-missing", _E, "The catalogue lacks a row.")
    CATALOGUE_DIFFERS = _own("catalogue-differs", _E, "The catalogue says something else than the log.")
    ACCESSION_RECEIPTS = _own("accession-receipts", _E, "An accession has other receipts than it closed with.")
    LOCATION_OFFLINE = _own("location-offline", _I, "A location was not looked at.")
    LOCATION_MISPLACED = _own("location-misplaced", _W, "Another location lies in the place of one.")
    LOCATION_UNREADABLE = _own("location-unreadable", _E, "A location cannot be listed.")
    LOCATION_STRANGER = _own("location-stranger", _W, "Something at a location is nothing of ours.")
    LOCATION_UNFINISHED = _own("location-unfinished", _W, "A command was broken off at a location.")
    BAG_MISSING = _own("bag-missing", _EW, "A package is not where the log says.")
    BAG_UNREADABLE = _own("bag-unreadable", _EW, "A package cannot be listed, or its tagmanifest read.")
    BAG_DIFFERS = _own("bag-differs", _EW, "The tagmanifest of a package is another one.")
    BAG_NO_FOLDER = _own("bag-no-folder", _EW, "What stands in the place of a package is no folder.")
    BAG_FILE_MISSING = _own("bag-file-missing", _EW, "A package lacks files.")
    BAG_FILE_EXTRA = _own("bag-file-extra", _EW, "A package holds unlisted files.")
    BAG_REMOVAL_DUE = _own("bag-removal-due", _W, "A deaccessioned package is still to be removed.")
    BAG_NOT_REMOVED = _own("bag-not-removed", _E, "A package that was removed stands there.")
    BAG_UNRECORDED = _own("bag-unrecorded", _EW, "A package stands there of which the log knows nothing.")
    PACKAGE_UNLISTED = _own("package-unlisted", _W, "No list of a package's files can be had.")
    FILE_WITHOUT_RECEIPT = _own("file-without-receipt", _E, "A package holds a file without a receipt.")
    RECEIPT_WITHOUT_FILE = _own("receipt-without-file", _E, "A receipt is of a file that is not there.")
    REFERENCE_WITHOUT_FILE = _own("reference-without-file", _E, "A duplicate refers to bytes that are not held.")

    # Time-stamps
    TIMESTAMPS_UNCHECKED = _own("timestamps-unchecked", _E, "The time-stamps could not be checked.")
    TIMESTAMP_MISSING = _own("timestamp-missing", _E, "A recorded time-stamp is not there.")
    TIMESTAMP_ALTERED = _own("timestamp-altered", _E, "Files of a time-stamp are not what they were.")
    TIMESTAMP_INVALID = _own("timestamp-invalid", _E, "A time-stamp is not valid.")
    TIMESTAMP_CHECKPOINT = _own("timestamp-checkpoint", _EW, "What was stamped is no checkpoint held here.")
    TIMESTAMP_BEFORE_CHECKPOINT = _own("timestamp-before-checkpoint", _W, "It is older than its checkpoint says.")
    TIMESTAMP_REMARK = _own("timestamp-remark", _I, "A remark on a valid time-stamp.")
    TIMESTAMP_UNRECORDED = _own("timestamp-unrecorded", _EW, "The log does not know of a time-stamp.")
    TIMESTAMP_AUTHORITY = _own("timestamp-authority", _W, "The authority is not configured any more.")
    TIMESTAMP_REVOCATION = _own("timestamp-revocation", _EW, "Revocation data could not be had or read.")
    TIMESTAMP_REVOKED = _own("timestamp-revoked", _EW, "A certificate was revoked.")
    TIMESTAMP_DUE = _own("timestamp-due", _WI, "A time-stamp wants a successor.")
    TIMESTAMP_CLOCK = _own("timestamp-clock", _W, "This machine and an authority tell different times.")
    TIMESTAMP_DAMAGED = _own("timestamp-damaged", _E, "A waiting request is damaged.")
    TIMESTAMP_NO_ANSWER = _own("timestamp-no-answer", _W, "An authority gave no answer.")
    TIMESTAMP_REFUSED = _own("timestamp-refused", _E, "The answer of an authority is not accepted.")
    TIMESTAMP_COPY_DIFFERS = _own("timestamp-copy-differs", _E, "A location holds another copy of a time-stamp.")

    # Planning, deletion, handover
    COPY_NOT_READ = _own("copy-not-read", _W, "A copy of a file could not be read, another could.")
    NOT_REIDENTIFIED = _own("not-reidentified", _E, "A package could not be identified again.")
    NOT_RESCANNED = _own("not-rescanned", _E, "A package could not be looked at for malware.")
    SCANNER_GONE = _own("scanner-gone", _E, "The malware scanner went away meanwhile.")
    SIGNATURES_COPY_FAILED = _own("signatures-copy-failed", _W, "Signature files could not be copied.")
    RISK_TABLE = _own("risk-table", _E, "A table of format risks cannot be read.")
    RISK_CONTRADICTION = _own("risk-contradiction", _I, "A table of format risks contradicts itself.")
    REMOVAL_DUE = _own("removal-due", _W, "A copy of a deaccessioned package is still to be removed.")
    PAPERS_NAME_IT = _own("papers-name-it", _W, "Papers that stay may name what was deleted.")
    ACCESSION_OPEN = _own("accession-open", _W, "An accession is not closed yet.")
    INCIDENT_OPEN = _own("incident-open", _W, "An incident is open.")
    QUARANTINE_UNDECIDED = _own("quarantine-undecided", _W, "Nobody decided about a package in quarantine.")
    NO_GOOD_REPLICA = _own("no-good-replica", _E, "No good replica of a package can be reached.")


_BY_SPELLING = {str(code): code for code in FindingCode}


def known_code(spelling: str) -> FindingCode | None:
    """The code of that spelling; None for a requirement's identifier, and for what only a newer program knows."""
    return _BY_SPELLING.get(spelling)


def code_named(spelling: str) -> FindingCode:
    """The code of that spelling; ValueError where there is none."""
    code = known_code(spelling)
    if code is None:
        raise ValueError(f"no finding code: {spelling!r}")
    return code


def needs_person(finding: Finding) -> bool:
    """Whether a finding waits for a person: every error does, and those whose code says so."""
    code = known_code(finding.code)
    return finding.severity is Severity.ERROR or (code is not None and code.needs_person)


def may_reach_producer(finding: Finding) -> bool:
    """Whether a receipt and the papers of an accession may hold it; a code of a newer program may."""
    code = known_code(finding.code)
    return code is None or code.for_producer


def is_about_received_file(finding: Finding) -> bool:
    """Whether it is about bytes that were received, and so still true when their folder is looked at again."""
    code = known_code(finding.code)
    return code is not None and code.about_received_file


def is_said_otherwise_by_ingest(finding: Finding) -> bool:
    """Whether ingest says the same of a bag in a code of its own."""
    code = known_code(finding.code)
    return code is not None and code.ingest_says_otherwise
