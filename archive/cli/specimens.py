"""A small delivery of real files for the tour: several formats, Cyrillic names, a duplicate, odd names."""

from __future__ import annotations

import os
import struct
import wave
import zipfile
import zlib
from pathlib import Path

METADATA = "metadata.csv"


def make_delivery(folder: Path) -> tuple[Path, Path]:
    """Make a delivery below ``folder`` and answer its folder and the producer's table about it."""
    delivery = folder / "партия-2026-11"
    for name in ("Фото", "Допросы", "Документы", "Соцсети", "пустая папка"):
        (delivery / name).mkdir(parents=True)
    photo = _png(64, 48)
    (delivery / "Фото/площадь.png").write_bytes(photo)
    (delivery / "Фото/площадь (копия).png").write_bytes(photo)
    (delivery / "Фото/точка.gif").write_bytes(_gif())
    (delivery / "Документы/справка.pdf").write_bytes(_pdf("Medical report, 12 August 2020"))
    (delivery / "Документы/список.csv").write_text("код;дата\nP-0001;2020-08-10\n", encoding="utf-8")
    (delivery / "Документы/пустой файл.txt").touch()
    (delivery / "Допросы/свидетель ў.txt").write_text("Сведения записаны со слов свидетеля.\n", encoding="utf-8")
    (delivery / "Соцсети/страница.html").write_text("<!DOCTYPE html>\n<title>Пост</title><p>10.08.2020</p>\n", "utf-8")
    (delivery / "Соцсети/what: 100%?.txt").write_text("a name that Windows cannot store\n", encoding="utf-8")
    (delivery / os.fsdecode("письмо.txt".encode("cp1251"))).write_bytes("Текст в cp1251\n".encode("cp1251"))
    _wav(delivery / "Допросы/запись.wav")
    _zip(delivery / "Документы/архив.zip", photo)
    (delivery / "Фото/ссылка.png").symlink_to("площадь.png")
    table = folder / METADATA
    table.write_text(_table(), encoding="utf-8-sig")
    return delivery, table


def _table() -> str:
    return (
        "path;event_date;place;case_ids;rights_basis;restriction\n"
        "Фото/площадь.png;2020-08-10;Минск;OKR-001;public;\n"
        "Допросы/свидетель ў.txt;2020-08-11;Минск;OKR-002;consent;embargo-2030\n"
        "Документы/справка.pdf;2020-08-12;Минск;OKR-002;statute;\n"
        "Фото/не прислали.jpg;2020-08-09;Минск;OKR-003;;\n"
    )


def _png(width: int, height: int) -> bytes:
    rows = b"".join(b"\0" + b"".join(bytes((x * 3, y * 5, 128)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _gif() -> bytes:
    return b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


def _pdf(text: str) -> bytes:
    stream = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def _wav(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", (i * 37) % 2000 - 1000) for i in range(8000)))


def _zip(path: Path, photo: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("фото.png", photo)
        archive.writestr("прочти.txt", "Приложение к делу OKR-002\n")
