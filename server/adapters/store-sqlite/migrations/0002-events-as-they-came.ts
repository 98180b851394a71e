/**
 * Events lie in the file as they came, and an index says where those of a feed are. Clustered by (feed, seq) every commit wrote into as
 * many places as channels were talking, and split pages in the middle of the tree; at the end of a table an insert costs three
 * quarters and a commit a third. A page of a feed is now a walk along the index with one look-up for each event, which is paid once for everybody who
 * wants that page.
 */
export const sql = `
CREATE TABLE event_as_it_came (
  no INTEGER PRIMARY KEY,
  feed INTEGER NOT NULL REFERENCES feed (no),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  by INTEGER NOT NULL REFERENCES feed (no),
  kind TEXT NOT NULL,
  op TEXT,
  asked TEXT,
  json TEXT NOT NULL
) STRICT;
INSERT INTO event_as_it_came (feed, seq, at, by, kind, op, asked, json)
  SELECT feed, seq, at, by, kind, op, asked, json FROM event ORDER BY at, feed, seq;
DROP TABLE event;
ALTER TABLE event_as_it_came RENAME TO event;
CREATE UNIQUE INDEX event_of ON event (feed, seq);
CREATE UNIQUE INDEX event_once ON event (op, by) WHERE op IS NOT NULL;
`;
