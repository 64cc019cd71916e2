"""Words that a sketch treats differently from others; all in the form `words.word` gives."""

# What follows one of these may be the name of a place.
_CUES = """
jalan gang desa ds dsn dusun kelurahan kecamatan kec kampung kp perumahan perum komplek kompleks
blok pasar simpang perempatan pertigaan terminal stasiun
"""
# Parts of a name: "Merdeka Barat" is not "Merdeka Timur". "Raya" is left out as often as said.
_QUALIFIERS = """
barat timur utara selatan tengah dalam indah permai asri baru lama atas bawah i ii iii iv v satu
dua tiga
"""
# What people say of any matter: it makes no two reports alike.
_EMPTY = """
yang di ke dari dan untuk dengan pada oleh karena agar supaya ini itu ada adalah tidak belum sudah
akan sedang masih juga saja lagi jadi sangat sekali terus sering kami kita saya anda mereka pak
bapak ibu bu admin min mohon tolong harap berharap minta segera terimakasih terima kasih selamat
pagi siang sore malam assalamualaikum halo yth terhormat dinas terkait pemerintah daerah warga
masyarakat tindak ditindaklanjuti tanggapan perhatian diperhatikan bantuan bantuannya hari minggu
bulan tahun sejak kemarin lalu beberapa setiap kalau bila jika atau sampai lama cepat izin melapor
lapor laporan kepada permisi mau semoga perbaikan pernah tapi tindakan hingga banyak semua para
bisa dapat secara seperti sehingga lewat raya sebelumnya
"""
# After "jalan" or "pasar" these are no names.
_ORDINARY = """
rusak berlubang lubang bolong aspal hancur mati padam gelap umum menumpuk tersumbat mampet banjir
rumah sini situ sana tempat lapuk ambruk putus retak roboh bocor patah amblas longsor licin becek
berdebu sempit macet penuh kotor bau tutup buka besar kecil utama provinsi nasional kabupaten kota
negeri swasta dasar menengah pertama jelek buruk parah rawan bahaya berbahaya sepi ramai tersebut
tadi lampu air listrik sampah parkir liar keras sembarangan resmi warung toko gedung kantor orang
anak mobil motor truk kendaraan pengendara diperbaiki dibangun diaspal ditutup dibuka terendam
tergenang goyang hampir tinggal jalanan badan berhenti menuju arah masuk keluar tembus selalu depan
dekat samping belakang seberang sekitar sepanjang rumahnya tetangga lingkungan sekolah jembatan
sungai masjid
"""
CUES, QUALIFIERS = frozenset(_CUES.split()), frozenset(_QUALIFIERS.split())
EMPTY, ORDINARY = frozenset(_EMPTY.split()), frozenset(_ORDINARY.split())
# Where a sketch keeps the number that follows; see `sketches.NUMBERS`.
COUNTED = {"rt": 0, "rw": 1, "km": 2, "kilometer": 2, "nomor": 3, "blok": 4}
