/**
 * The words behind the answers of the demo. A star at the end of a word stands for any ending. The
 * lists are small on purpose: enough for the reviews of the demo, in several languages.
 */

/** Words of praise. */
export const POSITIVE: readonly string[] = words(`
  amazing* awesome* beautiful* best brilliant* comfortable comfy delicious delight* durable easy
  enjoy* excellent* exceed*
  fantastic* fast favorite favourite flawless* fun glad good gorgeous great* happy helpful
  impress* incredibl* intuitive
  liked likes love* loving nice* outstanding perfect* pleased pleasant* quick* recommend* reliabl*
  satisf* smooth*
  solid stunning sturdy stylish superb* terrific wonderful* well works worth accurate adorable
  adore* bargain bluff* bravo breeze brightest charming cheerful clean clear clever* convenient
  cosy cozy crisp dream effortless* elegant finally genius gift grand gripping handsome handy
  heaven impressive improved keeper laugh* lasts lasted lightweight magic neat painless pleasure
  polished powerful precise proud quiet* relaxed reliable rescued rich safe saved sharp sleek snug
  soft surviv* thank* tidy treasure treat triumph trustworthy upgrade vivid warm winner wow yum*
  ausgezeichnet* bequem* begeister* beste bester bestes empfehl* einfach erstklassig* freue*
  fantastisch* gefällt gelungen*
  genial* gerne glücklich gut gute guter gutes hervorragend* klasse lecker* liebe lohnt perfekt*
  praktisch* robust*
  schnell* schön* spitze stabil* super tadellos* toll* top wunderbar* wunderschön* zufrieden*
  zuverlässig* angenehm* danke* endlich freude genau* gemütlich* großartig* herrlich* kuschelig*
  leise lob* präzise* sauber* scharf sicher* stark* traumhaft* warm
  adore* agréable* aime beau belle bien bon bonne bonnes bons conforme content contente efficace*
  excellent* facile formidable*
  génial* impeccable* joli* magnifique* meilleur* merveill* parfait* pratique* rapide* ravi*
  recommande* satisfait* solide* bravo bluffant* confortable* doux douce enfin exemplaire gardé
  merci meilleure nette plaisir précis* qualité quelle réussi* robuste* solide* sublime super top
  tient
  adoro agradable* bonito* bueno* buena* buen cómod* contento contenta delicios* duradero encanta*
  estupend* excelente* fácil*
  fantástic* feliz genial gusta gustó increíble* maravill* mejor mejores perfect* práctic* rápid*
  recomend* recomiend* satisfech* aguanta alegre calidad cómoda disfrut* divertid* duran
  finalmente gracias ideal increible ligero lindo preciso resistente robusto suave
  bella bello bellissim* buon buono buona buoni comod* consigli* contenti eccellent* facil* felice
  fantastic* magnific*
  meravigli* migliore ottim* perfett* piace piaciut* pratic* robust* soddisfatt* stupend* utile
  veloc* affilat* comodissim* finalmente fresco grazie leggero limpid* potente preciso qualità
  resistente spiritoso
  adorei amei amo bom boa bons boas bonito confortável contente duradouro excelente* fácil gostei
  gosto incrível maravilhos*
  melhor ótim* perfeit* prátic* rápid* recomendo satisfeit* adora* aprova finalmente firme leve
  macio obrigad* resistente valeu
  blij fijn* goed goede heerlijk* mooi* prachtig* snel* tevreden* uitstekend* eindelijk
  замечательн* качественн* класс* красив* лучш* люблю нравится отличн* понравил* прекрасн*
  рекоменд* супер удобн* хорош*
`);

/** Words of criticism. */
export const NEGATIVE: readonly string[] = words(`
  angry annoy* awful* bad badly boring broke broken bug buggy bugs cheaply complain* crack* crap*
  crash* cries damaged dead
  defect* died dirty disappoint* disgust* dreadful fail* fake faulty flimsy fragile frustrat*
  garbage hate* horribl* hurt*
  inferior junk lack* late leak* loose lousy mediocre mess misleading missing mistake noisy
  overpriced painful* pathetic poor*
  problem* rattle* refund* regret* return* ripped rude rust* sad scam* scratch* shoddy slow*
  smell* stinks stopped
  stuck terribl* tore torn trash* ugly unacceptabl* uncomfortabl* unhappy unreliabl* unusable
  useless waste* weak worse worst annoyed aw* blister* block* blunt bruise* burn* chipped clog*
  collapse* conned crumbl* dangerous danger* dim dull expensive fell fib flak* flood* fray* fuzzy
  gimmick hazard impatient itch* jam* jerky leaked lied lumpy meh mould* mold* nightmare overhyped
  peel* pinch* recall rip rough scared scary shame shrank shrink* shrunk smash* smok* snap* soggy
  split spoil* squeak* stain* sulk* tangled tragic unsafe warp* wobbl* worn
  wrong
  ärger* billig* defekt* enttäusch* fehler* furchtbar* grauenhaft* gebrochen hässlich* instabil*
  kaputt* katastroph*
  lahm langsam* laut leider mangelhaft* mies* minderwert* müll nervt nervig* problem* reklam*
  schlecht* schrecklich*
  schrott teuer unbequem* unbrauchbar* unzufrieden* verspätet wackel* zerbroch* zurückgeschickt
  zurückgeben ausgefallen bricht defekt fehlt fehlte* gefährlich* klemmt reißt rost* schief stinkt
  umständlich* undicht* verbogen wackelig* zerriss* zusammengebroch*
  abîmé* affreu* arnaque* cassé* catastroph* cher chère décevant* déçu* défaut* défectueu*
  déteste* fragile* horrible* inutile*
  lent lente mauvais* médiocre* moche* nul nulle panne pire problème* regrette* remboursement
  retard* abîmée brûl* cassée dangereu* dommage fragile fuit grince hélas insupportable perc* râpe
  rouill* trompeu* trop
  aburrid* basura caro decepcion* defectuos* desastr* devolv* devuelto engaño estafa fatal feo fea
  frágil horrible* incómod* inútil*
  lento lenta mala malo malas malos mediocre odio peor peores pésim* problema* retras* rompió roto
  rota ruidoso sucio terrible* arañ* descos* desgast* engañoso falla falló oxid* partió pierde
  quema* rasg* torcid* peligros*
  brutt* cattiv* delu* difett* disastr* fragil* guast* insoddisfatt* inutil* lent* orribil*
  pessim* peggio
  peggior* problemi rimbors* rotto rotta rumoros* scadent* schifo scomod* spazzatura sporco truffa
  ceduto macchi* pericolos* peccato perde puzza rompe ruggin* scotta strapp*
  decepcionad* decepcionante defeit* demorou desconfortável estragad* horrível inútil lixo lento
  mau má péssim* pior quebrad*
  quebrou ruim ruins terrível triste desbot* encolheu enferruj* falha falhou furou furado mancha*
  perigos* pena queim* rasg* vaza*
  kapot langzaam* lelijk* slecht* teleurgesteld* teleurstell* vreselijk* waardeloos
  брак дорого медленн* некачественн* отвратительн* плох* разочаров* сломал* ужас* ужасн* хуже
`);

/** Words that negate the next few words. */
export const NEGATORS: ReadonlySet<string> = new Set(words(`
  not no never none nothing nor hardly barely without cannot nicht kein keine keinen keiner keinem
  nie niemals ohne ne pas jamais
  aucun aucune sans rien nunca jamás sin ni non mai senza nessun nessuna nessuno niente não nao
  nem sem niet geen nooit zonder
  не нет ни без никогда
`));

/** Words after which the text counts more. */
export const TURNS: ReadonlySet<string> = new Set(words(`
  but however although unfortunately sadly aber jedoch allerdings leider mais malheureusement
  pourtant pero
  lamentablemente ma però purtroppo mas porém infelizmente maar helaas но однако
`));

/**
 * Praise in scripts that write words without spaces, or attach small words to them. It is searched
 * for anywhere in the text, longest first.
 */
export const POSITIVE_ANYWHERE: readonly string[] = anywhere(`
  素晴らし 最高 驚き すごい 楽し 助か 愛用 ぴったり 丈夫 静か 軽い 喜んで 手放せ 満足 気に入 おいし 美味し 便利 良い 良かった いい よかった 好き 大好き 使いやす おすすめ
  オススメ 嬉し 綺麗 きれい 快適 完璧 問題ありません
  很好 非常好 终于 贴心 顺手 开心 可爱 温柔 结实 舒适 凉快 惊喜 好看 耐用 轻便 合身 超值 柔软 清晰 放心 稳 太好 不错 喜欢 推荐 满意 完美 优秀 好用 好吃 舒服 漂亮
  方便 快速 很棒 太棒 值得 质量好 爱 不錯 喜歡 推薦 滿意 優秀
  좋아 좋은 좋습니다 좋네 최고 만족 추천 훌륭 완벽 편리 맛있 예쁘 마음에
  ممتاز رائع رائعة ممتازة جميلة أحببت سعدت قوية قوي واضح متين يستحق شكرا شكراً بسهولة جميل أحب احب
  أنصح انصح مفيد سعيد جيد مريح سريع مثالي أفضل لذيذ
  अच्छा अच्छी कमाल तोहफ़ा मज़बूत गरम आसान आराम लाजवाब ज़बरदस्त अच्छे बढ़िया शानदार बेहतरीन पसंद
  उत्तम खुश आरामदायक सुंदर बेहतर स्वादिष्ट संतुष्ट मज़ा सिफारिश
  ดีมาก ชอบ สวย ประทับใจ แนะนำ
  👍 ❤ ♥ 😍 😀 😃 😄 😁 😊 🙂 🥰 🤩 😎 🎉 💯 ⭐ 🌟 👌 🙌 👏 💖 💕 💪 🔥 😋 🏆 ✅ 💚 💙 💛 🧡 💜 🤍
  😻 🥳 🤗 ✨ 💃 😇 :) :-) :D <3 ^^
`);

/**
 * Criticism in such scripts. It is removed from the text first, as it often contains a word of
 * praise.
 */
export const NEGATIVE_ANYWHERE: readonly string[] = anywhere(`
  良くない よくない 不具合 うるさ 割れ 破れ 錆び 漏れ 折れ 切れ 危険 雑草 縮んだ 反省 好きじゃない 好きではない 最悪 がっかり 残念 壊れ 故障 使えない 使いにく ひどい 酷い
  不良 遅い 不満 粗悪 高すぎ 返品 後悔 まずい 臭い おすすめしない おすすめしません おすすめできません 動かない
  不好 不喜欢 开裂 裂 生锈 冒烟 散架 漏水 断了 掉色 褪色 太贵 刺鼻 危险 骗人 假的 烫手 火灾 遗憾 卡顿 不推荐 不满意 不值 不舒服 不方便 很差 太差 差劲 糟糕 失望 垃圾
  坏了 退货 后悔 难用 难吃 太慢 质量差 破损 假货 不喜歡 不推薦 壞了 退貨 後悔
  별로 최악 실망 나쁘 고장 불편 후회 환불 쓰레기 느려 비추 좋지 안좋
  سيئ سيء توقف توقّف احترق يحرق ينكسر انكسر تمزق لا-تعمل صعب خطير غالي للأسف رديء أسوأ فظيع مكسور
  محبط مخيب تالف معطل بطيء لا-أنصح لا-انصح لم-يعجبني لا-يعمل مشكلة خيبة أكره ليس-جيد غير-مريح
  अच्छा-नहीं धुआँ डूब जल-गया रोया फट पैसे-बर्बाद टूटी काला ख़तरनाक अच्छी-नहीं पसंद-नहीं खराब ख़राब
  बेकार घटिया बुरा बुरी निराश टूट धीमा धीमी बकवास काम-नहीं समस्या महंगा
  แย่ ไม่ดี ไม่ชอบ พัง เสีย ผิดหวัง
  👎 😡 😠 🤬 💔 😢 😭 🤮 🤢 😤 😞 😒 😩 😫 🙁 ☹ 😖 💩 😱 🗑 ❌ :( :-(
`);

/** Product categories: the words that may name one, and the keywords that indicate it. */
export const CATEGORIES:
  readonly (readonly [names: readonly string[], keywords: readonly string[]])[] = `
  electronics electronic tech technology gadgets elektronik électronique electronica electrónica
  elettronica: battery akku batter* bluetooth cable camera* charg* display earbud* headphone*
  kopfhörer laptop* monitor* phone* handy téléphone teléfono telefono telefone celular móvil
  screen bildschirm écran pantalla schermo tela smartphone* speaker* lautsprecher tablet*
  television tv usb wifi wlan router keyboard mouse software app auricular* cuffie fone sonido
  écouteurs casque computer ordinateur ordenador notebook drone watch smartwatch sound plug
  doorbell reader ebook powerbank bank mah smart charger projector webcam headset 電池 バッテリー カメラ
  イヤホン ヘッドホン スマホ 画面 充電 音質 手机 电池 屏幕 耳机 充电 电脑 相机 音质 هاتف بطارية شاشة سماعة سماعات फोन फ़ोन बैटरी
  कैमरा हेडफोन 배터리 화면 이어폰

  kitchen cooking appliances küche cuisine cocina cucina cozinha: bake* blender* bottle coffee
  kaffee* café rice cooker moka chopping grater reiskocher kaffeemaschine knife knives messer
  couteau cuchillo coltell* faca pan pans pfanne* poêle sartén padella panela pot pots kettle
  wasserkocher toaster* oven cook* mug cups dishwasher fridge mixer cafetera フライパン 鍋 包丁 キッチン コーヒー
  锅 刀 厨房 咖啡 قهوة مطبخ रसोई कुकर

  home household furniture living haushalt wohnen möbel maison meubles hogar casa muebles
  arredamento lar: bed bett lit cama letto carpet teppich chair* stuhl chaise silla sedia cadeira
  couch curtain* cushion* desk schreibtisch bureau escritorio furniture lamp* lampe lámpara
  lampada luminária mattress* matratze matelas colchón materasso colchão pillow* kissen oreiller
  almohada cuscino shelf shelves regal sofa sofá table tisch vacuum staubsauger aspirateur
  aspiradora aspirapolvere aspirador towel* ソファ 椅子 ベッド 掃除機 枕 沙发 床 桌子 吸尘器 枕头 كرسي سرير कुर्सी
  बिस्तर तकिया

  clothing clothes fashion apparel shoes footwear accessories kleidung mode schuhe vêtements ropa
  moda abbigliamento roupas: boot* coat* dress dresses kleid robe vestido vestito fabric fit fits
  hat jacket* jacke veste chaqueta giacca jaqueta jeans pants pantalon trousers overalls glove*
  wool merino layer sneakers linen belt pantalón pantaloni calça shirt* hemd chemise camisa
  camicia camiseta t-shirt shoe* schuh* chaussure* zapat* scarpe sapato* tênis size größe taille
  talla taglia tamanho skirt sock* stitching stoff sweater* pullover sneaker* leather 服 靴 シャツ サイズ
  スカート 衣服 裙子 鞋 衬衫 尺码 قميص حذاء فستان ملابس कपड़े कपड़ा जूते शर्ट 옷 신발

  beauty health cosmetics personal care skincare schönheit gesundheit kosmetik beauté santé
  belleza salud bellezza bem-estar: cream creme crème crema hair haar* cheveux pelo cabello
  capelli cabelo lotion makeup lipstick lippenstift mascara perfume* parfum* profumo shampoo*
  shampooing champú skin haut peau piel pelle pele soap seife savon jabón sapone toothbrush
  zahnbürste vitamin* razor serum sunscreen spf balm lip nail nails deodorant mask dryer eau
  cologne moisturi* sonnencreme 化粧 シャンプー 肌 クリーム 香水 护肤 洗发水 皮肤 面霜 شعر بشرة عطر त्वचा बाल शैम्पू
  क्रीम 피부

  books book literature reading bücher buch livres libros libri livros: author autor auteur autore
  chapter* kapitel chapitre capítulo character* ending novel* roman romanzo novela page pages
  seiten plot reader story geschichte histoire historia storia história read lesen lire leer
  leggere written writing livre libro livro 本 小説 物語 著者 书 小说 作者 故事 كتاب رواية قصة किताब कहानी लेखक
  उपन्यास 책 소설

  toys games kids children baby spielzeug spiele kinder jouets jeux enfants juguetes juegos
  giocattoli brinquedos: baby babies child* daughter dolls doll puppe poupée dollhouse plush
  blocks marble puzzle rc teddy dinosaur science playset muñeca bambola boneca game* kid kids lego
  puzzle* son toy* spielzeug* jouet* juguete* giocattol* brinquedo* playing toddler* sohn tochter
  fils fille hijo hija figlio figlia filho filha おもちゃ 子供 娘 息子 玩具 孩子 儿子 女儿 لعبة أطفال खिलौना खिलौने
  बच्चे बच्चों 장난감 아이

  sports outdoors sport fitness camping outdoor deportes sportivi esportes: bike* bicycle fahrrad
  vélo bicicleta bici ball camping dumbbell* trekking poles badminton goggles kettlebell cycling
  hike climbing football tennis racket racquet swimming skipping weights helmet exercise gym
  hiking wandern randonnée run running laufen tent zelt tente tenda yoga mat swim* ski* training
  workout treadmill backpack rucksack 自転車 テント ヨガ ランニング 自行车 帐篷 瑜伽 跑步 دراجة رياضة خيمة साइकिल
  व्यायाम योग

  food grocery groceries drinks beverages snacks lebensmittel essen alimentation nourriture
  alimentos comida alimentari cibo: bread brot pain chocolate schokolade chocolat cioccolato
  cheese käse fromage queso formaggio queijo delicious flavor* flavour* food fruit* juice meal
  sauce snack* spice* sweet taste* tasty tea tee thé té tè chá tastes lecker schmeck* goût sabor
  sapore gosto wine wein vin vino vinho cookies 味 お茶 美味し おいし チョコ 食べ 味道 好吃 茶 巧克力 طعم شاي طعام स्वाद
  चाय खाना स्वादिष्ट 맛

  garden tools diy hardware garten werkzeug bricolage jardin jardín herramientas giardino utensili
  jardim ferramentas: drill bin bohrer bohrmaschine perceuse taladro trapano furadeira garden
  grass hammer compost* hose seed raised planter secateurs pruner* solar wildflower* greenhouse
  mulch lawn rasen mower plant* pflanze* plante planta* pianta saw säge scissors screw* schraube*
  seeds shovel tool toolbox 工具 庭 ドリル 花园 植物 电钻 أدوات حديقة औज़ार बगीचा पौधे

  pets pet animals haustiere animaux mascotas animali: cat cats katze chat gato gatto collar dog
  dogs hund chien perro cane cachorro leash leine litter paw puppy kitten hamster aquarium 犬 猫 ペット
  狗 宠物 كلب قطة कुत्ता कुत्ते बिल्ली 강아지 고양이

  automotive car cars auto vehicles fahrzeug automobile coche veicoli: brake* car cars engine
  motor tire* tyre* reifen pneu* vehicle windshield wiper* dashboard 車 タイヤ 汽车 轮胎 سيارة कार गाड़ी
  자동차

  office stationery school büro bureau oficina ufficio escritório: ink notebook* paper papier
  papel carta pen pens printer* drucker imprimante impresora stampante impressora pencil* stapler
  ペン ノート 文房具 打印机 笔 قلم طابعة पेन प्रिंटर कागज़

  music movies film entertainment media musik filme musique películas musica filmes: album actor*
  film* guitar* gitarre guitare guitarra chitarra movie* piano song* songs soundtrack vinyl ギター 映画
  音楽 吉他 电影 音乐 فيلم موسيقى फिल्म संगीत गिटार

  travel hotel hotels restaurants reisen voyage viajes viaggi viagens: airline booking flight flug
  vol vuelo volo voo hotel* luggage koffer valise maleta valigia mala restaurant* room suitcase*
  trip 旅行 ホテル スーツケース 酒店 行李箱 فندق حقيبة होटल यात्रा सूटकेस
`.trim().split("\n\n").map((entry) => {
    const [names, keywords] = entry.split(":");
    return [words(names!), words(keywords!)];
  });

/** Names of the category for everything else. */
export const OTHER: ReadonlySet<string> = new Set(words(`
  other others misc miscellaneous general unknown none sonstiges andere anderes autre autres
  divers otro otros otra otras altro
  altri outro outros その他 其他 أخرى अन्य 기타
`));

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function anywhere(text: string): string[] {
  return words(text).map((word) => word.replace(/(?<=\p{L}\p{M}*)-(?=\p{L})/gu, " "))
    .sort((a, b) => b.length - a.length);
}
