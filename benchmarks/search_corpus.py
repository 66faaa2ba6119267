"""A made-up stock of factors for the search, and the 200 questions asked of it: always the same.

Flows × processes × provinces × firms × years, named in Chinese and English as real ones are; the
references begin with the flow, so that the hits of most words lie close together, not spread.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from factor_db.factors.keep.search_terms import comparable
from factor_db.foundation.reference_files import reference_rows

ROWS = 1_000_000
SEED = 20261123
_PROVINCES = (
    "北京 Beijing,天津 Tianjin,河北 Hebei,山西 Shanxi,内蒙古 Inner Mongolia,辽宁 Liaoning,"
    "吉林 Jilin,黑龙江 Heilongjiang,上海 Shanghai,江苏 Jiangsu,浙江 Zhejiang,安徽 Anhui,"
    "福建 Fujian,江西 Jiangxi,山东 Shandong,河南 Henan,湖北 Hubei,湖南 Hunan,广东 Guangdong,"
    "广西 Guangxi,海南 Hainan,重庆 Chongqing,四川 Sichuan,贵州 Guizhou,云南 Yunnan,西藏 Xizang,"
    "陕西 Shaanxi,甘肃 Gansu,青海 Qinghai,宁夏 Ningxia,新疆 Xinjiang"
)
_FIRST, _SECOND = "宏金鑫华东南西北中新恒瑞永泰龙兴明佳", "达源盛通隆辉宇茂丰联创锐博诚利远"
_YEARS = range(2017, 2026)
_FLOWS, _PROCESSES, _FIRMS = 24, 12, 13
_LICENCES = ("table", "single_value", "owner")


def corpus(rows: int = ROWS) -> list[dict[str, Any]]:
    """Return the columns of `factorwords` but for the number, in the order of the reference."""
    return sorted(islice(_factors(), rows), key=lambda row: row["reference"])


def _factors() -> Iterator[dict[str, Any]]:
    chance = random.Random(SEED)
    flows = reference_rows("flows.csv")[:_FLOWS]
    processes = reference_rows("processes.csv")[:_PROCESSES]
    places = [
        (*province.split(" ", 1), chance.choice(_FIRST) + chance.choice(_SECOND), firm)
        for province in _PROVINCES.split(",")
        for firm in range(_FIRMS)
    ]
    for year, place, flow, process in product(_YEARS, places, flows, processes):
        zh, en, name, firm = place
        province = en.replace(" ", "").lower()
        reference = f"{flow['code']}.{process['code']}.{province}.f{firm:02d}.{year}@1"
        names = (
            f"{zh}{name}铝业{process['name_zh']}:{flow['name_zh']}({year}年)",
            f"{process['name_en']}: {flow['name_en'].lower()}, {en} plant {firm}, {year}",
            flow["name_zh"],
            flow["name_en"],
        )
        slot = f"{process['code']}/{flow['code']}/inventory"
        lines = [reference, *sorted({comparable(text) for text in names}), slot]
        yield {
            "sha256": hashlib.sha256(reference.encode()).hexdigest(),
            "reference": reference,
            "owner": f"firm-{province}-{firm}",
            "site": f"{province}-{firm}",
            "kind": "inventory",
            "geography": f"CN-{province}",
            "data_year": year,
            "redistribution": _LICENCES[year % 3],
            "words": "\n" + "\n".join(lines) + "\n",
        }


def questions(rows: list[dict[str, Any]]) -> list[str]:
    """Return 200 questions: 100 of two to five Chinese characters, 50 English, 50 code prefixes."""
    chance = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < 200:
        lines = chance.choice(rows)["words"].split("\n")
        kind = 2 if len(found) >= 150 else 1 if len(found) >= 100 else 0
        found.setdefault((_chinese, _english, _code)[kind](chance, lines))
    return list(found)


def _chinese(chance: random.Random, lines: list[str]) -> str:
    chinese = "".join(sign if sign > "\u2fff" else " " for sign in "\n".join(lines))
    run = chance.choice([run for run in chinese.split() if len(run) > 1])
    size = min(chance.randint(2, 5), len(run))
    start = chance.randint(0, len(run) - size)
    return run[start : start + size]


def _english(chance: random.Random, lines: list[str]) -> str:
    words = chance.choice([line for line in lines[2:-2] if line.isascii()]).split()
    start = chance.randrange(len(words))
    return " ".join(words[start : start + chance.randint(1, 3)])


def _code(chance: random.Random, lines: list[str]) -> str:
    return lines[1][: chance.randint(3, len(lines[1]))]
