"""Made-up words of complaints and answers; nobody ever wrote them."""

from random import Random

OPENINGS = (
    "Mohon perhatian atas",
    "Saya melaporkan",
    "Warga mengeluhkan",
    "Kami menyampaikan keluhan tentang",
    "Tolong ditindaklanjuti",
)
DETAILS = (
    "sudah berlangsung dua minggu",
    "belum ada petugas yang datang",
    "kami sudah bertanya ke loket dan tidak dijawab",
    "keadaannya makin buruk setelah hujan",
    "banyak tetangga mengalami hal yang sama",
    "petugas meminta kami datang berulang kali",
    "tidak ada kejelasan jadwal penyelesaian",
    "sebagian warga lanjut usia paling merasakan",
)
REQUESTS = (
    "Mohon segera ditangani.",
    "Terima kasih atas tindak lanjutnya.",
    "Kami menunggu jawaban.",
    "Semoga ada penyelesaian bulan ini.",
)
ANSWERS = {
    "follow_up": "Laporan sedang diperiksa petugas lapangan.",
    "complete": "Laporan telah ditindaklanjuti dan selesai.",
    "return_to_reporter": "Mohon lengkapi uraian dan waktu kejadian.",
    "transfer": "Bukan wewenang kami; diteruskan kepada instansi yang berwenang.",
}


def complaint_text(subject: str, random: Random) -> str:
    """Return a short complaint about a subject, such as the name of a category."""
    where = f"di RT {random.randint(1, 20):02d} RW {random.randint(1, 20):02d}"
    first, second = random.sample(DETAILS, 2)
    return (
        f"{random.choice(OPENINGS)} {subject.lower()} {where}: {first}, {second}."
        f" {random.choice(REQUESTS)}"
    )
