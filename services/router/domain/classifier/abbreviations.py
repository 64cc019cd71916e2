"""What people shorten in messages, and the word they mean; written for this project.

Only forms that mean one thing: `dr` (dari, doktor) and `kec` (kecamatan, kecil) stay as they are.
"""

_LINES = """
abis habis; aja saja; aj saja; ajah saja; adl adalah; ak aku; anggrn anggaran; apbila apabila
bbrp beberapa; bgm bagaimana; bgmn bagaimana; gmn bagaimana; gimana bagaimana; bgt banget
bhw bahwa; bkn bukan; bln bulan; blm belum; blum belum; blom belum; bnr benar; bnyk banyak
bpk bapak; bp bapak; bs bisa; bsa bisa; byk banyak; cm cuma; cuman cuma; dg dengan; dgn dengan
dgan dengan; dkt dekat; dl dulu; dlm dalam; dlu dulu; dmn dimana; dpn depan; dpt dapat;
drpd daripada; dtg datang; emg memang; emang memang; ga tidak; gak tidak; ngga tidak; nggak tidak
enggak tidak; gk tidak; tdk tidak; tak tidak; tdak tidak; gg gang; hrp harap; hrs harus; hr hari
hub hubungi; ibuk ibu; jd jadi; jdi jadi; jg juga; jga juga; jgn jangan; jl jalan; jln jalan
jlan jalan; jls jelas; kab kabupaten; kel kelurahan; kl kalau; klo kalau; kalo kalau; klau kalau
klrg keluarga; kmn kemana; kmrn kemarin; kmi kami; knp kenapa; knapa kenapa; kpd kepada; krn karena
karna karena; krna karena; ksh kasih; lbh lebih; lg lagi; lgi lagi; lgs langsung; lngsg langsung
lwt lewat; masy masyarakat; msy masyarakat; mhn mohon; mksh terimakasih; makasih terimakasih
tks terimakasih; thx terimakasih; trims terimakasih; trmksh terimakasih; mlm malam; mls malas
mrk mereka; msh masih; msk masuk; mnt minta; mslh masalah; mw mau; nmr nomor; no nomor
org orang; orng orang; pd pada; pdhl padahal; pdahal padahal; pembgn pembangunan
prgi pergi; prnh pernah; pst pasti; pake pakai; pk pak; rmh rumah; rsk rusak
sbg sebagai; sblm sebelum; sbnrnya sebenarnya; sdg sedang; sdh sudah; sdah sudah; udh sudah
udah sudah; dah sudah; sgt sangat; skrg sekarang; skrng sekarang; skr sekarang; sklh sekolah
skolah sekolah; sktr sekitar; slh salah; sllu selalu; slalu selalu; slm selama; smp sampai
sampe sampai; sm sama; smua semua; smoga semoga; spt seperti; sprti seperti; spy supaya
sy saya; sya saya; syg sayang; tgl tanggal; tggl tanggal; thn tahun; thd terhadap; tlg tolong
tlong tolong; tmpt tempat; tp tapi; tpi tapi; trs terus; trus terus; trsbt tersebut; tsb tersebut
tsbt tersebut; tentg tentang; ttg tentang; ttp tetap; tetp tetap; utk untuk; untk untuk; u untuk
wkt waktu; wrg warga; yg yang; yng yang; yth terhormat
"""
# Whatever a line maps to itself, or writes with a digit, is never asked for: words hold none.
ABBREVIATIONS = dict(
    pair.split() for line in _LINES.splitlines() for pair in line.split("; ") if pair
)
