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
