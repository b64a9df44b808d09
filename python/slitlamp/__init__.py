# SPDX-License-Identifier: Apache-2.0
"""Slitlamp from Python: a thin client of `slitlamp serve`.

    import slitlamp
    with slitlamp.start("work/.slitlamp") as lamp:
        report = lamp.report()
        print(report["accuracy"], [f["title"] for f in report["findings"]])

Results are plain dictionaries, typed in `slitlamp.operations`. Bytes come by key: `lamp.blob(key)`.
Only the standard library is needed.
"""

from slitlamp.client import Client, SlitlampError, connect, start

__all__ = ["Client", "SlitlampError", "connect", "start"]
__version__ = "0.1.0"
