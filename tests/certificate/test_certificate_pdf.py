"""The printed copy: same bytes in every process, words on the page, QR, fonts, attachments.

System: the certificates of conftest.py (own and illustrative), 9.188 kg CO2e/kg printed large.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys

import pypdf
import pytest
import zxingcpp
from PIL import Image

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput
from footprint.certificate.edition import current_schema
from footprint.certificate.issue import issue
from footprint.certificate.printed.pdf import render_pages, render_pdf
from footprint.certificate.printed.qr import PREFIX, qr_content, qr_text, read_qr
from footprint.certificate.proof import public_key_of
from footprint.result.document import read_result
from tests.certificate.certificate_document import calculation, result
from tests.certificate.conftest import ISSUED_AT

RENDER_ELSEWHERE = """
import hashlib, json, sys
from pathlib import Path
from footprint.certificate.edition import current_schema
from footprint.certificate.printed.pdf import render_pdf
from footprint.certificate.printed.qr import qr_content
data = Path(sys.argv[1]).read_bytes()
pdf = render_pdf(json.loads(data), data, sys.argv[2])
print(hashlib.sha256(pdf).hexdigest())
"""


def parts(issued):
    data = issued.json_path.read_bytes()
    credential = json.loads(data)
    return credential, data, qr_text(qr_content(credential, data), issued.keys.signing)


def page_texts(path):
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def test_another_process_and_time_zone_give_the_same_bytes(own):
    credential, data, text = parts(own)
    here = hashlib.sha256(render_pdf(credential, data, text)).hexdigest()
    assert here == own.result["pdf_unsigned_sha256"]
    done = subprocess.run(
        [sys.executable, "-c", RENDER_ELSEWHERE, str(own.json_path), text],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7", "PYTHONPATH": "."},
    )
    assert done.stdout.strip() == here


def test_issuing_again_gives_the_same_json_and_unsigned_pdf(own, tmp_path):
    again = issue(result(), own.keys, ISSUED_AT, "internally_reviewed", tmp_path)
    assert (tmp_path / "certificate.json").read_bytes() == own.json_path.read_bytes()
    assert again["pdf_unsigned_sha256"] == own.result["pdf_unsigned_sha256"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "certificate.json",
        "certificate.pdf",
        "issuer.json",
    ]


def test_key_of_the_wrong_role_does_not_sign(own, illustrative, tmp_path):
    for keys, document in (
        (illustrative.keys, calculation()),
        (own.keys, calculation(illustrative=True)),
    ):
        with pytest.raises(BadInput) as caught:
            issue(read_result(document), keys, ISSUED_AT, "self_declared", tmp_path)
        assert caught.value.code == "CERTIFICATE_KEY_ROLE"
    assert list(tmp_path.iterdir()) == []


def test_prescribed_words_are_printed(own):
    text = re.sub(r"\s+", "", "".join(page_texts(own.pdf_path)))
    for wanted in (
        "发行方自有核算声明,非认证证书,与中国产品碳足迹标识及任何国家认证无关",
        "Issuer'sownstatement;notacertification,EPDornationallabel",
        "Partialcarbonfootprint,cradle-to-gate",
        "9.188",
        "8.741–9.705",
        "ISO14067:2018",
        "GB/T24067-2024",
        "AR6GWP100",
        "provesintegrity,notcorrectness",
        "NotaCBAMdeclaration",
        "Nooffsets,avoidedemissionsoruse-phasesavingsincluded",
        "critical-reviewpanel",
        "2024/825",
        "9.951",
        "企业内部复核",
    ):
        assert wanted in text.replace("’", "'"), wanted


def test_banned_words_are_not_printed(own, illustrative):
    banned = re.compile(r"low-carbon|\bgreen\b|carbon.neutral|绿色|低碳|碳中和", re.IGNORECASE)
    for issued in (own, illustrative):
        text = "".join(page_texts(issued.pdf_path))
        assert not banned.search(text)
        assert text.count("认证") == 2  # both in the one fixed sentence


def test_illustrative_notice_is_on_every_page(own, illustrative):
    texts = [re.sub(r"\s+", "", text) for text in page_texts(illustrative.pdf_path)]
    assert len(texts) in {2, 3}
    for text in texts:
        assert "示例数据,不得用于交易、申报或宣传" in text
        assert "ILLUSTRATIVE" in text  # the watermark
    own_text = "".join(page_texts(own.pdf_path))
    assert "示例数据" not in own_text
    assert "ILLUSTRATIVE" not in own_text
    assert "illustrative" in pypdf.PdfReader(illustrative.pdf_path).metadata.title


def test_qr_decodes_from_the_rendered_page(illustrative):
    credential, data, text = parts(illustrative)
    image = Image.open(io.BytesIO(render_pages(credential, data, text)[0]))
    found = zxingcpp.read_barcodes(image)
    assert [code.text for code in found] == [text]
    content = read_qr(found[0].text, public_key_of(illustrative.keys.public["publicKeyMultibase"]))
    assert content == {
        "id": credential["id"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "total": "9.188",
        "unit": "kg CO2e/kg",
        "product": "plate",
        "until": "2028-11-22",
        "illustrative": True,
        "notice": "示例数据 ILLUSTRATIVE",
    }


def test_any_changed_qr_character_is_refused(own):
    _, _, text = parts(own)
    key = public_key_of(own.keys.public["publicKeyMultibase"])
    for place in range(len(PREFIX), len(text) - 1):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(BadInput):
            read_qr(changed, key)


@pytest.mark.parametrize("text", ["", "FP1:", "FP1:A", "FP1:é", "FP2:AAAA", "FP1:" + "A" * 5000])
def test_strange_qr_texts_are_bad_input(own, text):
    with pytest.raises(BadInput):
        read_qr(text, public_key_of(own.keys.public["publicKeyMultibase"]))


def test_attachment_is_the_certificate_byte_for_byte(own):
    attached = pypdf.PdfReader(own.pdf_path).attachments
    assert attached["certificate.json"] == [own.json_path.read_bytes()]


def test_missing_glyph_names_the_character(own, tmp_path):
    document = calculation()
    document["site"]["organisation_zh"] = "重庆\U00020000铝业"
    with pytest.raises(BadInput) as caught:
        issue(read_result(document), own.keys, ISSUED_AT, "self_declared", tmp_path)
    assert caught.value.params == {"character": "\U00020000", "code_point": "U+20000"}
    assert list(tmp_path.iterdir()) == []


def test_rare_characters_of_company_names_print(own, tmp_path):
    document = calculation()
    document["site"]["organisation_zh"] = "喆堃昇鎔镕铝业 #let *x* $y$ @z"
    issue(read_result(document), own.keys, ISSUED_AT, "self_declared", tmp_path)
    text = "".join(page_texts(tmp_path / "certificate.pdf"))
    assert "喆堃昇鎔镕铝业 #let *x* $y$ @z" in text


def test_large_certificates_stay_within_three_pages(own, tmp_path):
    """Every stage and gas there is (11 rows of 1 kg, so 11 kg in all), many choices, cut-offs."""
    document = calculation()
    row = document["contributions"][0]
    orders = current_schema()["orders"]
    pairs = list(zip(orders["STAGE"], orders["GAS"], strict=True))
    document["contributions"] = [
        {**row, "stage": stage, "gas": gas, "scope": str(1 + place % 3), "flow": stage}
        for place, (stage, gas) in enumerate(pairs)
    ]
    for item in document["contributions"]:
        item["kg_co2e"] = "1"
    document["total"]["value"] = "11"
    document["total"]["interval"].update(low="10", high="12")
    document["by_stage"] = dict.fromkeys(orders["STAGE"], "1")
    document["by_gas"] = dict.fromkeys(orders["GAS"], "1")
    document["by_scope"] = {"1": "4", "2": "4", "3": "3"}
    document["site"]["organisation_zh"] *= 3
    document["site"]["organisation_en"] *= 3
    document["coverage"]["cut_off"] = document["coverage"]["cut_off"] * 10
    document["choices"]["alternatives"] = document["choices"]["alternatives"] * 2
    result = issue(read_result(document), own.keys, ISSUED_AT, "self_declared", tmp_path)
    assert len(pypdf.PdfReader(result["paths"]["certificate.pdf"]).pages) <= 3


def test_result_without_interval_prints(own, tmp_path):
    document = calculation()
    document["total"]["interval"] = None
    issue(read_result(document), own.keys, ISSUED_AT, "self_declared", tmp_path)
    assert "未计算不确定性区间" in "".join(page_texts(tmp_path / "certificate.pdf"))


def test_issuer_file_is_the_public_document(own):
    path = own.folder / "issuer.json"
    assert path.read_bytes() == canonical_json(own.keys.public)
    assert b"PRIVATE" not in path.read_bytes()
