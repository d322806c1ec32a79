CREATE TABLE applied (
	one INTEGER NOT NULL,
	leaves INTEGER NOT NULL,
	PRIMARY KEY (one)
)
 STRICT;

CREATE TABLE location (
	name TEXT NOT NULL,
	uri TEXT NOT NULL,
	form TEXT NOT NULL,
	attributes TEXT NOT NULL,
	retired_at TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (name)
)
 STRICT;

CREATE TABLE producer (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (code)
)
 STRICT;

CREATE TABLE agreement (
	id TEXT NOT NULL,
	producer TEXT NOT NULL,
	profile TEXT NOT NULL,
	terms BLOB NOT NULL,
	agreed_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(producer) REFERENCES producer (code)
)
 STRICT;

CREATE TABLE accession (
	id TEXT NOT NULL,
	producer TEXT NOT NULL,
	source BLOB NOT NULL,
	listing_sha256 TEXT NOT NULL,
	metadata_name BLOB,
	metadata_sha256 TEXT,
	opened_at TEXT NOT NULL,
	closed_at TEXT,
	metadata_reading TEXT,
	checksums_sha256 TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(producer) REFERENCES producer (code)
)
 STRICT;

CREATE TABLE transfer (
	accession TEXT NOT NULL,
	source BLOB NOT NULL,
	medium TEXT,
	seal TEXT,
	seal_state TEXT,
	handed_over_by TEXT,
	received_by TEXT,
	handed_over_at TEXT,
	note_name BLOB,
	note_sha256 TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (accession, source),
	FOREIGN KEY(accession) REFERENCES accession (id)
)
 STRICT;

CREATE TABLE file (
	id TEXT NOT NULL,
	accession TEXT NOT NULL,
	name BLOB NOT NULL,
	size INTEGER NOT NULL,
	sha256 TEXT,
	blake3 TEXT,
	mtime TEXT NOT NULL,
	outcome TEXT NOT NULL,
	aip TEXT,
	received_at TEXT NOT NULL,
	deaccessioned_at TEXT,
	same_as TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(accession) REFERENCES accession (id)
)
 STRICT;

CREATE INDEX file_by_accession ON file (accession, name);

CREATE INDEX file_by_aip ON file (aip);

CREATE INDEX file_by_same_as ON file (same_as) WHERE same_as IS NOT NULL;

CREATE INDEX file_by_sha256 ON file (sha256);

CREATE TABLE package (
	id TEXT NOT NULL,
	accession TEXT NOT NULL,
	kind TEXT NOT NULL,
	files INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	tag_files INTEGER NOT NULL,
	tagmanifest_sha256 TEXT NOT NULL,
	manifest_sha256 TEXT NOT NULL,
	sealed_at TEXT NOT NULL,
	deaccessioned_at TEXT,
	group_id TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(accession) REFERENCES accession (id)
)
 STRICT;

CREATE INDEX package_by_accession ON package (accession);

CREATE TABLE identification (
	package TEXT NOT NULL,
	tools TEXT NOT NULL,
	identified_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (package),
	FOREIGN KEY(package) REFERENCES package (id)
)
 STRICT;

CREATE TABLE file_format (
	file TEXT NOT NULL,
	told_by TEXT NOT NULL,
	package TEXT NOT NULL,
	puid TEXT,
	name TEXT,
	verdict TEXT NOT NULL,
	basis TEXT,
	told_at TEXT NOT NULL,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	since INTEGER NOT NULL,
	former_puid TEXT,
	former_verdict TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (file, told_by),
	FOREIGN KEY(file) REFERENCES file (id),
	FOREIGN KEY(package) REFERENCES package (id)
)
 STRICT;

CREATE INDEX file_format_by_package ON file_format (package);

CREATE TABLE signatures (
	tool TEXT NOT NULL,
	part TEXT NOT NULL,
	release TEXT NOT NULL,
	sha256 TEXT,
	file TEXT,
	adopted_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (tool, part)
)
 STRICT;

CREATE TABLE risk_table (
	form TEXT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	date TEXT NOT NULL,
	formats INTEGER NOT NULL,
	taken_at TEXT NOT NULL,
	previous INTEGER,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (form)
)
 STRICT;

CREATE TABLE item_file (
	file TEXT NOT NULL,
	item TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (file),
	FOREIGN KEY(file) REFERENCES file (id)
)
 STRICT;

CREATE INDEX item_file_by_item ON item_file (item);

CREATE TABLE file_rights (
	file TEXT NOT NULL,
	statement TEXT NOT NULL,
	consents TEXT NOT NULL,
	persons TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (file),
	FOREIGN KEY(file) REFERENCES file (id)
)
 STRICT;

CREATE TABLE consent (
	ref TEXT NOT NULL,
	person TEXT,
	scope TEXT NOT NULL,
	terms TEXT NOT NULL,
	given TEXT NOT NULL,
	expires TEXT,
	withdrawn TEXT,
	withdrawn_reason TEXT,
	recorded_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (ref)
)
 STRICT;

CREATE INDEX consent_by_person ON consent (person);

CREATE TABLE replica (
	package TEXT NOT NULL,
	location TEXT NOT NULL,
	"key" TEXT NOT NULL,
	state TEXT NOT NULL,
	stored_at TEXT NOT NULL,
	last_verified TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (package, location),
	FOREIGN KEY(package) REFERENCES package (id),
	FOREIGN KEY(location) REFERENCES location (name)
)
 STRICT;

CREATE INDEX replica_by_last_verified ON replica (last_verified);

CREATE TABLE incident (
	id TEXT NOT NULL,
	type TEXT NOT NULL,
	package TEXT,
	location TEXT,
	summary TEXT NOT NULL,
	opened_at TEXT NOT NULL,
	closed_at TEXT,
	closed_reason TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE damage (
	incident TEXT NOT NULL,
	path BLOB NOT NULL,
	package TEXT NOT NULL,
	location TEXT NOT NULL,
	outcome TEXT NOT NULL,
	expected_sha256 TEXT,
	observed_sha256 TEXT,
	found_at TEXT NOT NULL,
	repaired_at TEXT,
	set_aside TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (incident, path),
	FOREIGN KEY(incident) REFERENCES incident (id)
)
 STRICT;

CREATE INDEX damage_by_replica ON damage (package, location);

CREATE TABLE handover (
	id TEXT NOT NULL,
	recipient TEXT NOT NULL,
	planned_at TEXT NOT NULL,
	frozen_at TEXT,
	log_size INTEGER,
	log_root TEXT,
	packages INTEGER,
	files INTEGER,
	bytes INTEGER,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE handover_volume (
	handover TEXT NOT NULL,
	volume INTEGER NOT NULL,
	packages INTEGER NOT NULL,
	files INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	sha256sums_sha256 TEXT NOT NULL,
	written_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (handover, volume),
	FOREIGN KEY(handover) REFERENCES handover (id)
)
 STRICT;

CREATE TABLE "key" (
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	public_key BLOB NOT NULL,
	holder TEXT NOT NULL,
	added_at TEXT NOT NULL,
	retired_at TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (name)
)
 STRICT;

CREATE TABLE log_timestamp (
	size INTEGER NOT NULL,
	authority TEXT NOT NULL,
	stamped TEXT NOT NULL,
	expires TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (size, authority)
)
 STRICT;

CREATE TABLE agent (
	code TEXT NOT NULL,
	role TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (code)
)
 STRICT;

CREATE TABLE policy (
	setting TEXT NOT NULL,
	value INTEGER NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (setting)
)
 STRICT;

CREATE TABLE paper (
	number INTEGER NOT NULL,
	kind TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (number)
)
 STRICT;

CREATE TABLE legal_hold (
	id TEXT NOT NULL,
	scope TEXT NOT NULL,
	subject TEXT NOT NULL,
	reason TEXT NOT NULL,
	placed_at TEXT NOT NULL,
	lifted_at TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE tombstone (
	package TEXT NOT NULL,
	request TEXT NOT NULL,
	remainder TEXT,
	files INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (package),
	FOREIGN KEY(package) REFERENCES package (id)
)
 STRICT;

CREATE INDEX tombstone_by_remainder ON tombstone (remainder);

CREATE TABLE malware_scan (
	package TEXT NOT NULL,
	scanner TEXT,
	signatures TEXT,
	outcome TEXT NOT NULL,
	detail TEXT,
	scanned_at TEXT NOT NULL,
	rescanned_at TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (package),
	FOREIGN KEY(package) REFERENCES package (id)
)
 STRICT;

CREATE TABLE malware_file (
	file TEXT NOT NULL,
	outcome TEXT NOT NULL,
	detail TEXT,
	scanned_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (file),
	FOREIGN KEY(file) REFERENCES file (id)
)
 STRICT;

CREATE TABLE quarantine_key (
	recipient TEXT NOT NULL,
	added_at TEXT NOT NULL,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (recipient)
)
 STRICT;

CREATE TABLE quarantine (
	package TEXT NOT NULL,
	why TEXT NOT NULL,
	threats TEXT NOT NULL,
	recipient TEXT NOT NULL,
	content TEXT NOT NULL,
	content_files INTEGER NOT NULL,
	content_bytes INTEGER NOT NULL,
	content_tag_files INTEGER NOT NULL,
	content_tagmanifest_sha256 TEXT NOT NULL,
	content_manifest_sha256 TEXT NOT NULL,
	quarantined_at TEXT NOT NULL,
	decision TEXT,
	decided_at TEXT,
	decided_by TEXT,
	decided_reason TEXT,
	leaf INTEGER NOT NULL,
	row_digest TEXT NOT NULL,
	PRIMARY KEY (package),
	FOREIGN KEY(package) REFERENCES package (id)
)
 STRICT;

CREATE INDEX quarantine_by_content ON quarantine (content);
