"""The sheets of a field ledger: their names, and their columns with every heading they may carry.

`site` is a list of keys (`tables.py`); `ledger` is obligatory; the others are read when they are
there. A CSV ledger holds them as sections of one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from factor_db.ledger.form.columns import (
    ANY_SIGN,
    Column,
    Fault,
    Kind,
    Limits,
    day,
    month,
    number,
    one_message,
    serial,
    text,
    unit,
    word,
)
from factor_db.ledger.form.vocabulary import Terms, normal_text

# Registers and keys: up to 12 digits before and 9 behind the point; times a multiplier of 6 and 6
# they stay exact in 34 digits.
MOST_DIGITS, DECIMALS = 12, 9
_REGISTER = Limits(most=Decimal(10) ** MOST_DIGITS, below_most=True, decimals=DECIMALS)
_MULTIPLIER = Limits(above_least=True, most=Decimal(10) ** 6, below_most=True, decimals=6)
_DIGITS = Limits(least=Decimal(1), most=Decimal(MOST_DIGITS), decimals=0)
_SHARE = Limits(above_least=True, most=Decimal(1))
_STOCK_BELOW_ZERO = {Fault.NEGATIVE: "LEDGER_STOCK_NEGATIVE"}


@dataclass(frozen=True)
class SheetForm:
    """What a sheet looks like: names of the sheet, and its columns in their order."""

    names: tuple[str, ...]
    typed: tuple[Column, ...]
    empty: str = ""
    """The message of an empty cell, where it is not the common one."""

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Column → its other headings."""
        return {column.name: column.headings for column in self.typed}

    @cached_property
    def obligatory(self) -> tuple[str, ...]:
        """The columns that no row leaves empty."""
        return tuple(column.name for column in self.typed if column.obligatory)

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Column by its name."""
        return {column.name: column for column in self.typed}

    @cached_property
    def terms(self) -> Terms:
        """The columns with all their headings."""
        return terms_of(self.columns)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the columns whose cells hold one of these, in their order."""
        return tuple(column.name for column in self.typed if column.kind in kinds)


def terms_of(entries: Mapping[str, tuple[str, ...]]) -> Terms:
    """Return codes and the names under which each may be written."""
    names = {
        normal_text(name): code for code, others in entries.items() for name in (code, *others)
    }
    return Terms(names, tuple(entries))


_EVIDENCE = text("evidence", "证据", "凭据")
_NOTE = text("note", "备注", "说明")
LEDGER = SheetForm(
    names=("ledger", "台账", "ledger 台账"),
    typed=(
        month("月份", "期间", obligatory=True),
        word("process", "工序", obligatory=True),
        word("flow", "物料与能源", "物料", "流", obligatory=True),
        text("product", "牌号与规格", "牌号规格", "产品牌号"),
        word("role", "角色", "方向", obligatory=True),
        number("amount", "数量", "数值", obligatory=True),
        unit("单位"),
        word("method", "取数方法", "方法", obligatory=True),
        text("counterparty", "往来单位", "供应商", "supplier"),
        text("origin", "产地", "来源地"),
        text("scrap_type", "废料类型", "scrap type"),
        text("instrument", "绿电凭证", "凭证编号"),
        number(
            "price",
            "单价",
            counts_in="CNY",
            codes={Fault.UNREADABLE: "LEDGER_PRICE_UNREADABLE"},
        ),
        _EVIDENCE,
        _NOTE,
    ),
)
METERS = SheetForm(
    names=("meters", "表计", "meters 表计"),
    typed=(
        text("meter", "表计编号", "表号", obligatory=True),
        word("process", "工序", words="place", obligatory=True),
        word("flow", "物料与能源", "物料", obligatory=True),
        day("read_on", "抄表日期", "抄表时间", obligatory=True),
        number(
            "reading",
            "读数",
            "表底数",
            obligatory=True,
            limits=_REGISTER,
            codes=one_message("LEDGER_METER_READING"),
        ),
        number(
            "multiplier",
            "倍率",
            counts_in="1",
            limits=_MULTIPLIER,
            spreads=True,
            codes=one_message("LEDGER_METER_MULTIPLIER"),
        ),
        number(
            "digits",
            "位数",
            "表位数",
            counts_in="1",
            limits=_DIGITS,
            spreads=True,
            codes=one_message("LEDGER_METER_DIGITS"),
        ),
        unit("单位"),
        word("event", "事件"),
        text("parent", "上级表", "总表"),
        text("accuracy_class", "准确度等级", "精度等级"),
        _EVIDENCE,
        _NOTE,
    ),
)
STOCK = SheetForm(
    names=("stock", "库存", "stock 库存"),
    typed=(
        word("material", "物料", "物料名称", obligatory=True),
        month("月份", "期间", obligatory=True),
        number("opening", "期初", "期初库存", obligatory=True, codes=_STOCK_BELOW_ZERO),
        number("receipts", "收入", "本期收入", "入库", obligatory=True),
        number("consumption", "消耗", "本期消耗", "出库", obligatory=True),
        number("tolling_in", "来料加工收入", "来料"),
        number("tolling_out", "委外加工发出", "委外"),
        number("adjustment", "调整", "盘盈盘亏", limits=ANY_SIGN),
        number("closing", "期末", "期末库存", obligatory=True, codes=_STOCK_BELOW_ZERO),
        unit("单位"),
        _EVIDENCE,
        _NOTE,
    ),
)
SHARED = SheetForm(
    names=("shared", "公用分摊", "shared 公用分摊"),
    typed=(
        text("meter", "表计编号", "表号", obligatory=True),
        month("月份", "期间", obligatory=True),
        word("process", "工序", obligatory=True),
        text("basis", "分摊依据", obligatory=True),
        number(
            "value",
            "依据数值",
            "数值",
            obligatory=True,
            limits=_REGISTER,
            codes=one_message("LEDGER_SHARED_VALUE"),
        ),
        # A key may count in anything: running hours, square metres.
        text("unit", "单位", obligatory=True),
        _NOTE,
    ),
)
EXCEPTIONS = SheetForm(
    names=("exceptions", "例外", "exceptions 例外"),
    typed=(
        word("code", "问题代码", "代码", words="warning", obligatory=True),
        word("process", "工序"),
        word("flow", "物料与能源", "物料"),
        month("月份", "期间"),
        text("explanation", "原因", "说明", obligatory=True),
        text("author", "填写人", "责任人", obligatory=True),
        day("expires_on", "有效期至", "截止日期", obligatory=True),
    ),
    empty="LEDGER_EXCEPTION_EMPTY",
)
GAPS = SheetForm(
    names=("gaps", "缺数补齐", "gaps 缺数补齐"),
    typed=(
        word("process", "工序", obligatory=True),
        word("flow", "物料与能源", "物料", obligatory=True),
        month("月份", "期间", obligatory=True),
        word("rule", "补齐规则", "规则", words="gap rule", obligatory=True),
        text("reason", "原因", "说明", obligatory=True),
    ),
)
POWER = SheetForm(
    names=("power", "自发电", "power 自发电"),
    typed=(
        month("月份", "期间", obligatory=True),
        word("source", "电源类型", "电源", obligatory=True),
        number("generated", "发电量", obligatory=True),
        number("used", "自用电量", obligatory=True),
        number("fed_in", "上网电量", obligatory=True),
        number("certificates_sold", "自用电量中已售绿证", "已售绿证电量"),
        unit("单位"),
        word("method", "取数方法", "方法", obligatory=True),
        _EVIDENCE,
        _NOTE,
        serial("installation", "电站编号", "发电户号", "发电表号"),
        number(
            "share",
            "所占份额",
            "份额",
            counts_in="1",
            limits=_SHARE,
            codes={
                Fault.NEGATIVE: "LEDGER_POWER_SHARE",
                Fault.BEYOND: "LEDGER_POWER_SHARE",
            },
        ),
    ),
)
INSTRUMENTS = SheetForm(
    names=("instruments", "绿证", "instruments 绿证"),
    typed=(
        serial("serial", "绿证编号", "证书编号", obligatory=True),
        word("source", "电源类型", "电源", words="certified source", obligatory=True),
        month("生产月份", "月份", obligatory=True, outside="LEDGER_INSTRUMENT_PERIOD"),
        number(
            "amount",
            "电量",
            "数量",
            obligatory=True,
            limits=Limits(above_least=True),
            codes={Fault.BEYOND: "LEDGER_INSTRUMENT_NOTHING"},
        ),
        unit("单位"),
        word("region", "项目所在地", "地区", obligatory=True),
        day("cancelled_on", "注销日期", "核销日期", obligatory=True),
        _EVIDENCE,
        _NOTE,
    ),
)
# Every sheet beside `site` and `ledger`, by its code.
OPTIONAL_SHEETS: Mapping[str, SheetForm] = {
    "meters": METERS,
    "stock": STOCK,
    "shared": SHARED,
    "exceptions": EXCEPTIONS,
    "gaps": GAPS,
    "power": POWER,
    "instruments": INSTRUMENTS,
}
SHEETS: Mapping[str, SheetForm] = {"ledger": LEDGER, **OPTIONAL_SHEETS}
# One number over several rows has no reading: it may be their sum or stand for each of them.
NUMBER_COLUMNS = frozenset(
    column.name
    for form in SHEETS.values()
    for column in form.typed
    if column.kind is Kind.NUMBER and not column.spreads
)
