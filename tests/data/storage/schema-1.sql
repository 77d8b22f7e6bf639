BEGIN TRANSACTION;
CREATE TABLE campaign (
	edition VARCHAR(10) NOT NULL, 
	date VARCHAR(10) NOT NULL, 
	frozen_at BIGINT NOT NULL, 
	edition_document BLOB NOT NULL, 
	rendition_document BLOB NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (edition)
);
INSERT INTO "campaign" VALUES('2026-11-23','2026-11-23',1795413600000000,X'789CAB562A4ECE48CD4D54B25230AC05001F950439',X'789CAB562AC92CC94955B252500A482C482D2A56AA05003FDB0668','ba8c02299a04a3adc2e5cdc514e892e84feed7c31105ccc8cd5aaa4b061391fc');
CREATE TABLE delivery (
	edition VARCHAR(10) NOT NULL, 
	address_key VARCHAR(320) NOT NULL, 
	address VARCHAR(320) NOT NULL, 
	name TEXT NOT NULL, 
	reader_id VARCHAR(128) NOT NULL, 
	segment VARCHAR(64) NOT NULL, 
	due_at BIGINT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	attempt INTEGER DEFAULT 0 NOT NULL, 
	repeats INTEGER DEFAULT 0 NOT NULL, 
	retry_at BIGINT, 
	stage VARCHAR(10) DEFAULT '' NOT NULL, 
	code INTEGER DEFAULT 0 NOT NULL, 
	enhanced VARCHAR(16) DEFAULT '' NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	relay TEXT DEFAULT '' NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (edition, address_key), 
	FOREIGN KEY(edition) REFERENCES campaign (edition)
);
INSERT INTO "delivery" VALUES('2026-11-23','ann@example.org','ann@example.org','Ann','id-ann','all',1795413600000000,'sent',1,0,NULL,'dot',250,'','','',1795413600000000);
INSERT INTO "delivery" VALUES('2026-11-23','bob@example.org','bob@example.org','Bob','id-bob','all',1795413600000000,'pending',0,0,NULL,'',0,'','','',1795413600000000);
INSERT INTO "delivery" VALUES('2026-11-23','cy@example.org','cy@example.org','Cy','id-cy','all',1795413600000000,'pending',0,0,NULL,'',0,'','','',1795413600000000);
CREATE TABLE edition (
	"key" VARCHAR(10) NOT NULL, 
	date VARCHAR(10) NOT NULL, 
	created_at BIGINT NOT NULL, 
	document BLOB NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "edition" VALUES('2026-11-23','2026-11-23',1795413600000000,X'789CAB562A4ECE48CD4D54B25230AC05001F950439');
CREATE TABLE meta (
	name VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','1');
INSERT INTO "meta" VALUES('id','54284e58-b248-42ad-b4ca-de195c7a60b9');
CREATE TABLE seen_paper (
	paper_id TEXT NOT NULL, 
	edition VARCHAR(10) NOT NULL, 
	date VARCHAR(10) NOT NULL, 
	PRIMARY KEY (paper_id, edition), 
	FOREIGN KEY(edition) REFERENCES campaign (edition)
);
CREATE TABLE segment (
	edition VARCHAR(10) NOT NULL, 
	segment VARCHAR(64) NOT NULL, 
	choice TEXT NOT NULL, 
	PRIMARY KEY (edition, segment), 
	FOREIGN KEY(edition) REFERENCES campaign (edition)
);
INSERT INTO "segment" VALUES('2026-11-23','all','{"sections": [[0, [0, 1]]]}');
CREATE TABLE source_memory (
	edition VARCHAR(10) NOT NULL, 
	source VARCHAR(200) NOT NULL, 
	date VARCHAR(10) NOT NULL, 
	ids BLOB NOT NULL, 
	PRIMARY KEY (edition, source)
);
CREATE TABLE suppression (
	id INTEGER NOT NULL, 
	address_key VARCHAR(320), 
	address VARCHAR(320) NOT NULL, 
	reader_id VARCHAR(128), 
	reason TEXT NOT NULL, 
	source TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT someone CHECK (address_key IS NOT NULL OR reader_id IS NOT NULL), 
	UNIQUE (address_key), 
	UNIQUE (reader_id)
);
CREATE INDEX source_memory_latest ON source_memory (source, date);
CREATE INDEX delivery_retry ON delivery (edition, retry_at) WHERE state = 'deferred';
CREATE INDEX delivery_reader ON delivery (reader_id);
CREATE INDEX delivery_due ON delivery (edition, state, due_at);
COMMIT;
