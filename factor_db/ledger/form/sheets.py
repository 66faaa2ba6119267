"""The sheets of a field ledger: their names, and their columns with every heading they may carry.

`site` is a list of keys (`tables.py`); `ledger` is obligatory; the others are read when they are
there. A CSV ledger holds them as sections of one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from factor_db.ledger.form.vocabulary import Terms, normal_text


@dataclass(frozen=True)
class SheetForm:
    """What a sheet looks like: names of the sheet, column → other headings, obligatory columns."""

    names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    obligatory: tuple[str, ...]

    @cached_property
    def terms(self) -> Terms:
        """The columns with all their headings."""
        return terms_of(self.columns)


def terms_of(entries: Mapping[str, tuple[str, ...]]) -> Terms:
    """Return codes and the names under which each may be written."""
    names = {
        normal_text(name): code for code, others in entries.items() for name in (code, *others)
    }
    return Terms(names, tuple(entries))


LEDGER = SheetForm(
    names=("ledger", "台账", "ledger 台账"),
    columns={
        "period": ("月份", "期间"),
        "process": ("工序",),
        "flow": ("物料与能源", "物料", "流"),
        "product": ("牌号与规格", "牌号规格", "产品牌号"),
        "role": ("角色", "方向"),
        "amount": ("数量", "数值"),
        "unit": ("单位",),
        "method": ("取数方法", "方法"),
        "counterparty": ("往来单位", "供应商", "supplier"),
        "origin": ("产地", "来源地"),
        "scrap_type": ("废料类型", "scrap type"),
        "instrument": ("绿电凭证", "凭证编号"),
        "price": ("单价",),
        "evidence": ("证据", "凭据"),
        "note": ("备注", "说明"),
    },
    obligatory=("period", "process", "flow", "role", "amount", "unit", "method"),
)
METERS = SheetForm(
    names=("meters", "表计", "meters 表计"),
    columns={
        "meter": ("表计编号", "表号"),
        "process": ("工序",),
        "flow": ("物料与能源", "物料"),
        "read_on": ("抄表日期", "抄表时间"),
        "reading": ("读数", "表底数"),
        "multiplier": ("倍率",),
        "digits": ("位数", "表位数"),
        "unit": ("单位",),
        "event": ("事件",),
        "parent": ("上级表", "总表"),
        "accuracy_class": ("准确度等级", "精度等级"),
        "evidence": ("证据", "凭据"),
        "note": ("备注", "说明"),
    },
    obligatory=("meter", "process", "flow", "read_on", "reading", "unit"),
)
STOCK = SheetForm(
    names=("stock", "库存", "stock 库存"),
    columns={
        "material": ("物料", "物料名称"),
        "period": ("月份", "期间"),
        "opening": ("期初", "期初库存"),
        "receipts": ("收入", "本期收入", "入库"),
        "consumption": ("消耗", "本期消耗", "出库"),
        "tolling_in": ("来料加工收入", "来料"),
        "tolling_out": ("委外加工发出", "委外"),
        "adjustment": ("调整", "盘盈盘亏"),
        "closing": ("期末", "期末库存"),
        "unit": ("单位",),
        "evidence": ("证据", "凭据"),
        "note": ("备注", "说明"),
    },
    obligatory=("material", "period", "opening", "receipts", "consumption", "closing", "unit"),
)
SHARED = SheetForm(
    names=("shared", "公用分摊", "shared 公用分摊"),
    columns={
        "meter": ("表计编号", "表号"),
        "period": ("月份", "期间"),
        "process": ("工序",),
        "basis": ("分摊依据",),
        "value": ("依据数值", "数值"),
        "unit": ("单位",),
        "note": ("备注", "说明"),
    },
    obligatory=("meter", "period", "process", "basis", "value", "unit"),
)
EXCEPTIONS = SheetForm(
    names=("exceptions", "例外", "exceptions 例外"),
    columns={
        "code": ("问题代码", "代码"),
        "process": ("工序",),
        "flow": ("物料与能源", "物料"),
        "period": ("月份", "期间"),
        "explanation": ("原因", "说明"),
        "author": ("填写人", "责任人"),
        "expires_on": ("有效期至", "截止日期"),
    },
    obligatory=("code", "explanation", "author", "expires_on"),
)
GAPS = SheetForm(
    names=("gaps", "缺数补齐", "gaps 缺数补齐"),
    columns={
        "process": ("工序",),
        "flow": ("物料与能源", "物料"),
        "period": ("月份", "期间"),
        "rule": ("补齐规则", "规则"),
        "reason": ("原因", "说明"),
    },
    obligatory=("process", "flow", "period", "rule", "reason"),
)
POWER = SheetForm(
    names=("power", "自发电", "power 自发电"),
    columns={
        "period": ("月份", "期间"),
        "source": ("电源类型", "电源"),
        "generated": ("发电量",),
        "used": ("自用电量",),
        "fed_in": ("上网电量",),
        "certificates_sold": ("自用电量中已售绿证", "已售绿证电量"),
        "unit": ("单位",),
        "method": ("取数方法", "方法"),
        "evidence": ("证据", "凭据"),
        "note": ("备注", "说明"),
        "installation": ("电站编号", "发电户号", "发电表号"),
        "share": ("所占份额", "份额"),
    },
    obligatory=("period", "source", "generated", "used", "fed_in", "unit", "method"),
)
INSTRUMENTS = SheetForm(
    names=("instruments", "绿证", "instruments 绿证"),
    columns={
        "serial": ("绿证编号", "证书编号"),
        "source": ("电源类型", "电源"),
        "period": ("生产月份", "月份"),
        "amount": ("电量", "数量"),
        "unit": ("单位",),
        "region": ("项目所在地", "地区"),
        "cancelled_on": ("注销日期", "核销日期"),
        "evidence": ("证据", "凭据"),
        "note": ("备注", "说明"),
    },
    obligatory=("serial", "source", "period", "amount", "unit", "region", "cancelled_on"),
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
