"""Every cap there is: name = value  # unit, why, and the counter that tells.

Reaching a limit is never silent: the named counter in Stats goes up.
"""

from __future__ import annotations

from typing import Final

# --- capture ---
BATCH_BYTES: Final = 1 << 20
# bytes of records in a Batch; fits a core's L2 cache

HISTORY_BATCHES: Final = 8
# batches that stay valid behind the newest; the window in which packets may arrive
# out of order and still be put together whole

RECORD_BYTES: Final = 1 << 24
# bytes in one record; libpcap's own ceiling is 256 KiB, jumbo and offload frames stay
# below; a larger length is taken for damage (counter capture.damaged_files)

# --- schema ---
TRUTHFUL_BYTES: Final = 64
# bytes of a message in a truthful sample; enough for an NTLM challenge (32) and for the
# fixed part of a type 3 message; the rest is left out by design, not lost

# --- streams ---
OVERLAP_BYTES: Final = 1 << 16
# bytes per direction kept to compare retransmissions with; a contradiction farther
# back than that is not noticed

OVERLAP_READINGS: Final = 4
# other readings followed per direction; more are not examined (streams.overlaps_unread)

REORDER_BYTES: Final = 1 << 18
REORDER_PIECES: Final = 1024
REORDER_NS: Final = 1_000_000_000
# bytes, segments and nanoseconds of packet time that wait per flow for a missing
# segment before it is given up as lost (streams.gaps, streams.lost_bytes)

REST_BYTES: Final = 1 << 16
# bytes without a message of interest, per direction, after which a flow is put to
# rest: file data is not worth copying, and a signature wakes it again

FLOWS: Final = 1 << 16
# flows known at once; the one quiet for longest is let go (streams.evicted_flows)

FLOW_IDLE_NS: Final = 300_000_000_000
# nanoseconds of packet time without a packet of interest after which a flow is over;
# RFC 5382 lets a NAT forget an established connection after 2 h 4 min, but a
# negotiation that is silent for five minutes has no more to say

LINGER_NS: Final = 2_000_000_000
# nanoseconds a closed flow waits for late segments

HISTORY_TAIL_ROWS: Final = 1 << 16
# segment ends remembered beyond HISTORY_BATCHES, so that messages sent in tiny
# segments, or cut at a boundary, are still found when other traffic lies between

HISTORY_PIECES: Final = 512
# earlier segments of a flow that are looked at when it turns out to be of interest
# (streams.history_cut)

HANDSHAKE_SLOTS: Final = 1 << 16
CUT_SLOTS: Final = 1 << 16
# slots of the hash tables that remember handshakes and segment ends; a newer entry
# takes an older one's slot (streams.handshakes_overwritten, streams.cuts_overwritten)
