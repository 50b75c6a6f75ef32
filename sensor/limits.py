"""Every cap there is: name = value  # unit, why, and the counter that tells.

Reaching a limit is never silent: the named counter in Stats goes up.
"""

from __future__ import annotations

from typing import Final

# --- capture ---
BATCH_BYTES: Final = 1 << 21
# bytes of records in a Batch; stays in a core's share of the cache, and is long enough
# that what numpy spends per call hardly counts

HISTORY_BATCHES: Final = 8
# batches that stay valid behind the newest; the window in which packets may arrive
# out of order and still be put together whole

RECORD_BYTES: Final = 1 << 24
# bytes in one record; libpcap's own ceiling is 256 KiB, jumbo and offload frames stay
# below; a larger length is taken for damage (counter capture.damaged_files)

INTERFACES: Final = 1 << 16
# interfaces of one pcapng section; the obsolete packet block cannot name more, and
# packets of those beyond are counted as lost (capture.no_interface)

ZSTD_WINDOW_BYTES: Final = 1 << 27
# bytes of what was unpacked that a zstd frame may refer back to; what `zstd -d` itself
# allows without being asked, --long=27 (counter capture.damaged_files)

LISTENER_BUFFER_BYTES: Final = 1 << 24
# bytes of datagrams the kernel is asked to keep for a listener (it grants rmem_max);
# what has no room is dropped there (capture.kernel_drops)

# --- live ---
RING_BLOCK_BYTES: Final = 1 << 20
# bytes of a block of the receive ring, which becomes a batch; several of the largest
# frames there are fit in (64 KiB, put together by offloading)

RING_BLOCK_MS: Final = 50
# milliseconds after which the kernel hands over a block that is not full: what an
# alert may be late for

RING_BLOCKS: Final = 24
# blocks of a ring at the least: HISTORY_BATCHES are held back, the others have to take
# what comes meanwhile (capture.kernel_drops, capture.ring_freezes)

DRAIN_NS: Final = 1_000_000_000
# nanoseconds in which what is in the rings is still read when watching ends; a service
# manager does not wait for long (capture.unread_packets)

SET_BACK_NS: Final = 2_000_000_000
# nanoseconds that packets may be older than those before, for rings take turns; beyond
# it the clock was set back (live.clock_set_back)

WORKER_LAG_NS: Final = 3_000_000_000
# nanoseconds of packet time that a worker may be behind the foremost one and still be
# waited for, so that findings are judged in order; what waits in a ring is read within
# a second or so (live.findings_late)

# --- schema ---
TRUTHFUL_BYTES: Final = 64
# bytes of a message in a truthful sample; enough for an NTLM challenge (32) and for the
# fixed part of a type 3 message; the rest is left out by design, not lost

# --- streams ---
OVERLAP_BYTES: Final = 1 << 16
# bytes per direction kept to compare retransmissions with; a contradiction farther
# back than that is not noticed

OVERLAP_READINGS: Final = 64
# other readings examined per direction, of which the newest goes on with what follows;
# more are not examined (streams.overlaps_unread)

REORDER_BYTES: Final = 1 << 18
REORDER_PIECES: Final = 1024
REORDER_NS: Final = 1_000_000_000
# bytes, segments and nanoseconds of packet time that wait per flow for a missing
# segment before it is given up as lost (streams.gaps, streams.lost_bytes)

WAITING_BYTES: Final = 1 << 26
# bytes that wait in all flows together, looked at once per SWEEP_NS; beyond it every
# wait is cut short (streams.waits_cut_short)

REST_BYTES: Final = 1 << 16
# bytes of both directions without a message of interest, after which a flow is put to
# rest: file data is not worth copying, and a signature wakes it again

ANSWER_BYTES: Final = 1 << 24
# the same while a server's answer to a logon is awaited, for a web server answers only
# when it has all of what is uploaded

FLOWS: Final = 1 << 16
# flows known at once; the one quiet for longest is let go (streams.evicted_flows)

FLOW_IDLE_NS: Final = 300_000_000_000
# nanoseconds of packet time without a packet of interest after which a flow is over;
# RFC 5382 lets a NAT forget an established connection after 2 h 4 min, but a
# negotiation that is silent for five minutes has no more to say

RESTING_IDLE_NS: Final = 7_440_000_000_000
# nanoseconds after which a flow at rest is over, if no packet of interest came:
# 2 h 4 min, the least a NAT must keep an established connection (RFC 5382, REQ-5)

UNANSWERED_NS: Final = 3_000_000_000
# nanoseconds without an answer after which an attempt to connect has failed; the
# first two retransmissions of a SYN fall within them (RFC 6298: after 1 s and 2 s)

PAIRS: Final = 1 << 14
# pairs of UDP endpoints remembered at once, those whose datagrams were looked at; the
# one quiet for longest is let go (streams.evicted_pairs)

PAIR_IDLE_NS: Final = 30_000_000_000
# nanoseconds of packet time after which a quiet pair of UDP endpoints is let go: the
# shortest time that a NAT remembers one (RFC 4787, REQ-5); what is read of them is
# over within seconds

ANSWER_DATAGRAMS: Final = 32
# datagrams of a pair looked at after one that showed SMB or NTLM, for the answer to a
# logon; an end says a few things in between, but hardly that many

SWEEP_NS: Final = 1_000_000_000
# nanoseconds of packet time between two looks at all known flows

LINGER_NS: Final = 2_000_000_000
# nanoseconds a closed flow waits for late segments

HISTORY_TAIL_ROWS: Final = 1 << 16
# segment ends remembered beyond HISTORY_BATCHES, so that messages sent in tiny
# segments, or cut at a boundary, are still found when other traffic lies between

WAKE_PIECES: Final = 32
# earlier segments of a flow at rest that are looked at again when a signature wakes
# it: they may hold the frame header, or the signature's start byte by byte

HISTORY_PIECES: Final = 1 << 13
# earlier segments of a flow that are looked at when it turns out to be of interest
# (streams.history_cut)

HANDSHAKE_SLOTS: Final = 1 << 16
CUT_SLOTS: Final = 1 << 16
# slots of the hash tables that remember handshakes and segment ends; a newer entry
# takes an older one's slot (streams.handshakes_overwritten, streams.cuts_overwritten)

CUT_COPIES: Final = 8
# segments of a batch that begin at the same place and are put to each one that ends
# there; more are sent only to make work for us (streams.cuts_uncompared)

COPIED_PACKETS: Final = 1 << 15
COPY_NS: Final = 1_000_000_000
UNNAMED_COPY_NS: Final = 10_000_000
# packets of followed flows and nanoseconds in which one that comes again counts as
# copied by a SPAN port (streams.duplicates); the shorter time holds where no IP
# identification tells it from a retransmission, for which all stacks wait longer. A
# copy of one that was forgotten for want of room is taken for a retransmission
# (streams.copies_forgotten)

# --- sinks ---
SHOWN_ALERTS: Final = 1000
# alerts kept for the summary on a terminal; nobody reads more
# (counter console.alerts_not_shown)

SHOWN_TALKS: Final = 1000
# negotiations under way that are known to who watches a terminal, which shows eight
# (counter console.talks_not_shown)

SHOWN_PAIRS: Final = 1000
# pairs of device and remote kept for the summary; nobody reads more
# (counter console.pairs_not_shown: rows of further pairs)

SPOOL_BYTES: Final = 1 << 26
# bytes of rows that wait for a full disk or a slow reader, for each output; some 90,000
# rows; beyond it the oldest go (sinks.directory.dropped_rows, sinks.jsonl.dropped_rows)

SPOOL_PIECE_BYTES: Final = 1 << 16
# bytes of rows written at once; what Linux takes for a pipe in one go

CLOSE_SECONDS: Final = 0.9
# seconds each of two outputs may take to write what waits when netsig ends, so that
# SIGTERM is obeyed within two; then rows are left (sinks.directory.unwritten_rows)

KNOWN_CAPTURES: Final = 1024
# captures whose position is remembered from run to run, the latest; one forgotten and
# met again is read from its start, so that rows may come twice but none is lost

CLOCK_STEP_SECONDS: Final = 60.0
CLOCK_TRUST_SECONDS: Final = 86_400.0
# seconds by which the clock is stepped and not merely trimmed, and for which no file is
# deleted for its age afterwards: a clock set wrong may be set right within a day
# (sinks.closed.clock_steps)

# --- columns ---
VLAN_TAGS: Final = 16
# VLAN tags, MPLS labels and other headers between link layer and IP of one frame;
# real stacks have two, and each further one costs a pass over the batch
# (columns.rejected.vlan_tags; within a tunnel columns.rejected.tunnel_depth)

TUNNEL_DEPTH: Final = 8
# tunnels in one another; a mirrored mobile user's tunnel makes three, and Linux gives
# up after 8 too (columns.rejected.tunnel_depth)

EXTENSION_HEADERS: Final = 16
# extension headers of one packet; FreeBSD stops after 15, and each further one costs
# a pass over the batch (columns.rejected.extension_headers; of GTP-U
# columns.rejected.tunnel_depth)

NFLOG_ATTRIBUTES: Final = 32
# attributes of one packet that Netfilter logged; Linux knows 21 of them
# (columns.rejected.extension_headers)

FRAGMENT_NS: Final = 30_000_000_000
# nanoseconds of packet time a datagram waits for its fragments, as long as Linux does
# (columns.fragment_timeouts)

FRAGMENT_REPEAT_NS: Final = 1_000_000_000
# nanoseconds in which fragments of a finished datagram count as repeated: a SPAN port
# copies at once, and identifications come again no sooner (columns.fragment_duplicates)

FRAGMENT_READINGS: Final = 64
# times a whole datagram is given again because a fragment that came too late says
# other things; each time costs a datagram (columns.fragment_readings)

FRAGMENT_DATAGRAMS: Final = 4096
FRAGMENT_BYTES: Final = 1 << 24
FRAGMENT_PIECE_BYTES: Final = 96
# datagrams and bytes of fragments waiting at once, and what Python needs to keep one
# fragment of however few bytes; the oldest datagram is given up
# (columns.fragment_evictions)

OVERLAP_MESSAGES: Final = 64
# messages per flow that another reading of contradicting bytes is compared with

# --- correlate ---
ADDRESSES: Final = 1 << 14
# addresses whose kind is remembered; one forgotten is looked up again, nothing is lost

CONVERSATIONS: Final = 1 << 16
# flows with SMB or NTLM known at once, as many as streams follows; the one quiet for
# longest ends as partial (correlate.conversations_evicted)

EXCHANGES: Final = 64
# negotiations open at once on one flow; 30 logons on one connection are known from
# real captures; the oldest ends as partial (correlate.exchanges_evicted)

NEGOTIATION_NS: Final = 10_000_000_000
# nanoseconds of packet time without a step after which a negotiation has ended;
# servers answer within milliseconds (correlate.negotiations_incomplete)

ALERTS: Final = 16
# alerts about one flow; more would say the same (correlate.alerts_suppressed)

# --- rules ---
EVIDENCE: Final = 32
# events that one alert shows, the latest; nobody looks at more packets one by one
# (correlate.evidence_left_out)

TALLIED: Final = 1 << 14
# things that one rule counts, of all hosts together; each takes about 1 KiB; the host
# quiet for longest is forgotten (correlate.tallies_forgotten)

CHALLENGES: Final = 1 << 14
# challenges, or servers with their last one, that one rule compares new ones with; the
# oldest is forgotten (correlate.challenges_forgotten)

TARGETS: Final = 1 << 13
# hosts whose administrative share was opened lately; the oldest is forgotten
# (correlate.targets_forgotten)

PIPES: Final = 1 << 13
# pairs of hosts of which one opened a pipe on the other lately; the oldest is forgotten
# (correlate.pipes_forgotten)

TOLD_NS: Final = 86_400_000_000_000
# nanoseconds after which one rule tells of the same hosts and accounts again: a day, as
# Cortex XDR has it (correlate.alerts_repeated)

TOLD_SUBJECTS: Final = 1 << 13
# hosts and accounts that one rule has told of; one forgotten may be told of again
# (correlate.subjects_forgotten)

# --- doctor ---
DOCTOR_DIRECTIONS: Final = 1 << 18
# directions of TCP connections that are looked at; ten seconds of a busy 10 Gbit/s link
# have some 100,000 (doctor.directions_unseen: segments of others)

# --- fixtures ---
PEER_STEP_SECONDS: Final = 20
# seconds one step of a recording (making a namespace, starting a server) may take;
# then it is ended, and the recording fails with the step's name

PEER_CLIENT_SECONDS: Final = 30
# seconds a recorded client may take before it is ended

PEER_PACKETS: Final = 10_000
# packets a recording may have; a logon has some dozens

DETECTOR_SECONDS: Final = 600
# seconds a detector may take over one capture of a set before it is ended
