-- A database of schema 3 with spaces of both protocols, and rows that the Python server has put into
-- those of pws. What it answered is schema-3.json; t/18-upgrade.t loads and asks.
CREATE TABLE public.was_backends (
    space_uuid text NOT NULL,
    backend text NOT NULL COLLATE pg_catalog."C",
    descriptor text NOT NULL
);
CREATE TABLE public.was_collection_policies (
    space_uuid text NOT NULL,
    collection text NOT NULL COLLATE pg_catalog."C",
    document text NOT NULL
);
CREATE TABLE public.was_collections (
    space_uuid text NOT NULL,
    collection text NOT NULL COLLATE pg_catalog."C",
    name text,
    backend text,
    encryption text,
    plaintext text,
    generator text,
    generator_origin text,
    custom text,
    epoch text,
    created_by text,
    created timestamp with time zone DEFAULT now() NOT NULL,
    revised timestamp with time zone DEFAULT now() NOT NULL,
    written xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE TABLE public.was_resource_meta (
    space_uuid text NOT NULL,
    path text NOT NULL,
    custom text,
    epoch text,
    writer text,
    revised timestamp with time zone DEFAULT now() NOT NULL,
    written xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE TABLE public.was_resource_policies (
    space_uuid text NOT NULL,
    path text NOT NULL,
    document text NOT NULL
);
CREATE TABLE public.was_resources (
    space_uuid text NOT NULL,
    path text NOT NULL,
    content bytea NOT NULL,
    content_type text NOT NULL,
    revised timestamp with time zone DEFAULT now() NOT NULL,
    written xid8 DEFAULT pg_current_xact_id() NOT NULL,
    collection text COLLATE pg_catalog."C",
    created_by text,
    epoch text,
    writer text,
    created timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.was_resources ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE public.was_revocations (
    space_uuid text NOT NULL,
    link text NOT NULL,
    keep_until timestamp with time zone NOT NULL
);
CREATE TABLE public.was_schema_version (
    version integer NOT NULL,
    applied timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.was_space_policies (
    space_uuid text NOT NULL,
    document text NOT NULL
);
CREATE TABLE public.was_spaces (
    space_uuid text NOT NULL,
    space_id text NOT NULL,
    controller text NOT NULL,
    protocol text DEFAULT 'classic'::text NOT NULL,
    name text,
    link text,
    revised timestamp with time zone DEFAULT now() NOT NULL,
    written xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_by text
);
INSERT INTO public.was_backends VALUES ('library', 'vault', '{"id":"vault","managedBy":"external","connection":{"kind":"k","status":"registered","connectedAt":"2026-11-28T15:28:40.000Z"},"name":"vault","provider":"p"}');
INSERT INTO public.was_backends VALUES ('library', 'barn', '{"id":"barn","managedBy":"external","connection":{"kind":"k","status":"registered","connectedAt":"2026-11-28T15:28:40.000Z"},"name":"Barn","provider":"q"}');
INSERT INTO public.was_collection_policies VALUES ('square', 'cabinet', '{"note":"n","type":"Private"}');
INSERT INTO public.was_collection_policies VALUES ('square', 'stalls', '{"type":"PublicCanRead"}');
INSERT INTO public.was_collections VALUES ('library', 'docs', 'Schriften', NULL, NULL, NULL, 'did:key:z6MksUMiN5vstJuFB9x1jb86dWcbLK7aeZyfbK4DNWb8PR9y', 'https://app.example', '{"more":[1,{"x":null}],"name":"c","tags":{"a":"b"}}', 'epoch 1', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.676367+00', '2026-11-28 15:28:40.676367+00', '753');
INSERT INTO public.was_collections VALUES ('library', 'sealed', 'sealed', NULL, '{"scheme":"edv","version":1}', NULL, NULL, NULL, '{"jwe":{"ciphertext":"y","protected":"x"}}', 'k1', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.679598+00', '2026-11-28 15:28:40.679598+00', '754');
INSERT INTO public.was_collections VALUES ('library', 'elsewhere', NULL, 'vault', NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.682594+00', '2026-11-28 15:28:40.682594+00', '755');
INSERT INTO public.was_collections VALUES ('library', 'open-text', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.685688+00', '2026-11-28 15:28:40.685688+00', '756');
INSERT INTO public.was_collections VALUES ('library', 'nothing', 'renamed', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.688382+00', '2026-11-28 15:28:40.692525+00', '759');
INSERT INTO public.was_collections VALUES ('square', 'stalls', 'stalls', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.802265+00', '2026-11-28 15:28:40.802265+00', '787');
INSERT INTO public.was_collections VALUES ('square', 'cabinet', 'cabinet', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.81286+00', '2026-11-28 15:28:40.81286+00', '790');
INSERT INTO public.was_collections VALUES ('house', 'rooms', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2026-11-28 15:28:40.845073+00', '2026-11-28 15:28:40.845073+00', '798');
INSERT INTO public.was_resource_meta VALUES ('library', '/docs/by-meta', '{"name":"noted by meta"}', 'epoch m', 'writer m', '2026-11-28 15:28:40.761953+00', '775');
INSERT INTO public.was_resource_meta VALUES ('library', '/docs/meta-first', '{"name":"erst die Notiz ü"}', 'epoch m', 'writer m', '2026-11-28 15:28:40.765815+00', '776');
INSERT INTO public.was_resource_meta VALUES ('library', '/docs/meta-keeps', '{"tags":{"t":"u"}}', 'epoch h', NULL, '2026-11-28 15:28:40.770988+00', '778');
INSERT INTO public.was_resource_meta VALUES ('library', '/docs/overwritten', '{"name":"kept"}', 'epoch h', NULL, '2026-11-28 15:28:40.7734+00', '779');
INSERT INTO public.was_resource_meta VALUES ('library', '/docs/custom', '{"deep":{"er":["1","two"]},"name":"a name","tags":{"x":"y"}}', NULL, NULL, '2026-11-28 15:28:40.775791+00', '780');
INSERT INTO public.was_resource_meta VALUES ('library', '/sealed/letter', '{"jwe":{"ciphertext":"y","protected":"x"}}', 'k1', NULL, '2026-11-28 15:28:40.790407+00', '784');
INSERT INTO public.was_resource_policies VALUES ('square', '/cabinet/two', '{"type":"PublicCanRead"}');
INSERT INTO public.was_resource_policies VALUES ('square', '/stalls/two', '{"type":"Private"}');
INSERT INTO public.was_resource_policies VALUES ('library', '/docs/page.html', '{"type":"PublicCanRead","x":1}');
INSERT INTO public.was_resources VALUES ('garden', '/', '\x74686520726f6f74', 'text/plain', '2026-11-28 15:28:40.598723+00', '730', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.598327+00');
INSERT INTO public.was_resources VALUES ('garden', '/a.txt/b', '\xc3bc6d6c61757420e282ac', 'text/plain; charset=utf-8', '2026-11-28 15:28:40.612857+00', '732', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.612729+00');
INSERT INTO public.was_resources VALUES ('garden', '/ü/€ and blank', '\x7574662d382070617468', 'text/plain', '2026-11-28 15:28:40.615444+00', '733', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.615349+00');
INSERT INTO public.was_resources VALUES ('garden', '/empty', '\x', 'application/octet-stream', '2026-11-28 15:28:40.618098+00', '734', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.618014+00');
INSERT INTO public.was_resources VALUES ('garden', '/bytes', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', 'image/x-test', '2026-11-28 15:28:40.620387+00', '735', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.620333+00');
INSERT INTO public.was_resources VALUES ('garden', '/noise', '\x6c095ab8980e713923bd958bca0ee1ed1168b9578482292ada4c785c0394510df517fc34c3ab8b9f567229d3ff82c8f1f5e48cd566c90374231f93ac0b84f1e53abaf104babd1d40e34c6cbcac04a7edf114fd76ce20bd2dfd85caab91a25c83d33048fcef17a3ad263d80ae3745c4d165cc7d536fd0698630729fa6486305adbf5682d940eeaeb9bc849f4d7ef39f7da3fef4c5aa297d4301bceb4ce7c9d5cb780a39d3d2c96f6f1341703f9f392b74b010cdb7d169e2d4d4beb209a8f85a8df5100748247de8fcdfc986931e251fe6831a2ac37c5fbbeacafa88dc89c392014c31d8c1123eacddc77d2ce4ee32ff66ca68dafdebbdc94b24317ce2c55642d6444cd8c932b6d2cd1867acabb5cd691f160d0e40f7e9804fd1691af00d70418324d8fdfd92b9a4ea316f1a9082b27469e6b220df4c88acc359423b43e0501dd014f7d39de1e34a6d4e709c63e29d717a7a5715aae2d6e89c37a4840a32fcd93a659bf8ac82d915ae6a8e8c678cd21c90a245cc9fc617a2413c28c68eae214d81ec604aba4ae4a464b3a6b9c0211b7a604cb45894921396d48ac32c7d2c0e2118f7668b92a449bd1b2fee2a0119befdf4529b393554a5101d634bb36a1ee132f66aa21c26745ec7e750fe23891a8f168fd9af1d529fb76a13651f2a5e02556524a183dd706616be67d8ccbf4f8efe283e076d25f9545cdb8fb25a97896b883e5d5eb5e31af749b353a58ccdef9f57518076f6e11da6e9e5c9494aed8251905ede228f0b4a8dc9e8df312924885495ac0b20adebed9e40efbf313ef468e08beb03ea3aa4e01c8e554c5d3e9df034956dcc81dc4dcaa62fbca2e9ce36df8b83ba60724038fbdbfe24ad8e79d28596808fb741f38d75465793932486da781c1d000323bead766eaab62aa91c8289a0954d01d2143bffbd611d5e87a72e0d862682e3003e809fe75d8f5726e498b83c7543b2f8e17c3e217c910f72600c87ed20392e909d0f8c68ef65217b6a525839a1150341cfe084050d0d715da659f776e3c25b1b228e78fb6190a8eb5bb6e086d40688205001b896aaaea0b7e2d4c4061c9386210a6e75f8ffae7dcde2773499614321d5a6d0149d096dbed42455dfe6c4aa2ceda72a743649e9d1a6f7b3e6e1d60c8d4596304d6acae7fbfc54f2fbb82355f5b8f7e8beb39e9e8a0eab4dffd27136c32849bb262d8d3c30d59030ead4bfaa7542e35f4982db6ca816f36766d12a9f7adbee4890b9f6721ba052ac7dc98fa922daf5381368db77f0421b94ac923941fce47736d07184448dc99154d4392b99df8336c893bdf953cd0fe2a5d68b469b0499b114e3aa3a6b9f525585c710c06e6177e5fac10d56f6da965a23f06d59f0fe4e780ce0246e2565d836d22da0c58f2b1a282425a3d90680674052d251a83cac091b8ace65304c47b2e272a777c2f0d8c0c1380186237a1eb595ebaa69363ebf4bb93654262b4d40ac6dacfd44307f9edd69fb6b976d2559def6ef3cf8ebc6303de50363ba6e0c8cc3ca91a40fb8578fdf3df31029a25b4b0dfba56e40233c86414e4adeb1d50d598afb42b697ad4f29fb9f93e5c92d5ae69b2c36c8652494fd3c7c8c42788ef761bf4595ee337261e04ed74ef246fa12377a1405976893e91aaf1044e20b5fad574c69f3e3a6aaa76ac3550f9980f374d8900fb1436f45396b48c5da8956b481498f986d32d0c8880738e495d4f16e5eb342a6721531eb6371d799fdd5f80418a53fc4d027232ae3b5ddbdd54aa7fdcfb649767bbee425e890fd0ff923f5cdd5f26790016b2cbc2ec31ab3bde2f97b86397bbb908668ee39d3b8fc13554887ff267121ef873714dc84f4a77e167967c8983f1f7b5baff062ba8af2fa143fa18d0382f2fc38ad2d50de5af5e11bc779551e34b97352d61e876907b838cb8e9133dd79233f9c24c4b55242b6a11df68a86e88f83b425f14182fdf2ad2fcffb188e04711f219343661dfbe8ca67a803f50994dbc72828b6d18bee411bc44b45e5737edf02c828759e280236c2f3e1a87a3a9cd17f6ddeb6e5f3d026f786d6c006d82ad8f2a1dea14a9c03d9ff9091a9d93dea6e23607e905e7633c3323b7662182c8ec192b4fd97258d40b4cc80d5a146961d39d19891ec5991892b0f456e1fd8b14e091e06dda5944fc387d377513d8af4bfc12e3846426f11001804ef97be070a3c3a578c21692fa120a7d88ebb6f61af2c065430356dd9e93e0ee9b79869a889251354927b052f5bcbc70a1821f4bd4beb495b5d5841cdf0bb262efce03d225eed33397885bd48161bf91e7e402165662a56cc2ffa19201e89be2e44f63af71cc14fbca9b3643ff0bc6e872300a13e4e09319697e3b7ed0920a64172661bda22e45893f4236547e9b2f2394a9db61d99a0ed8f1042edc63356c9b8350739c1ff45ca2def217c4b6ba3f0d837f807e8b802dda42e25d875bb77c563b79dcb3712ffe7d5c732fed61c43954f7a66c71e9d291eb135dc0ef198d56f7a46a379f09836381531f1551d22e6ccfadcc26710f6a094992c64725d1714020b937a6f74649195fc686a5abfc425e17b26f0d2948bb32f847b8fbad5325ad7be45a39677c9212148251fc814446666d2a8fe1681ea98d279bebfff9e6da700898fd86fc645470b7d1f08a12c5338587948519a12a39fab9c796334e2db90b4ed66ec67966c0dd3f5080ca888eef96932b4a0b3c3636452d3755b773bea74f9b16ef7436aec544fcaaf24028eed9c8b260c50e2ab356865ec226074299f9ff14d0161d196f8b7a1e8995765c770900eb97f849e887efdc5edfcd84bd42da762c9ff6b54bd73ad7fb9892a65b514ba0966e38577f10d2a375f874e3cad3f2ce79b3a459512c7697c5558a4c622ed83de8af712958f256ec8a43975c57a9f7d67c5df38c52f8417996bff34fb3b3daa1dfb97d95f2ae181d11a991327eea2ae17b5b2bdeace874e2416e5f590adfc016e977542210c84ef18e40df6b97dd331a3d56eac6ea13378bbf0f717ba94e1a7daf75c2b6048aca8eb135c482feddc963eac041374c38244e091fc5886b3bde8620484472c120755c5abaaef93f7daba5c832c4faf572265ac031dd48ca684b693f0fdfc70e416ca5c2be1b6e127f3ba24a5f31d2e6030e2c5a08f26ac391078ae7a49c6888aac1990cfad12d9b552cfadae3a013e73bb02f9e84404a4ae0211e9363a3097b08f7d3c0a3cf7cce80671dcbed35d7ea8e286fd16d0749d51052cb6f19effc9c9a7754d7a8e32df2b66ca29aca0dcb31e76d0a42bac3d701fbda7d6d0806a6dbdd8cb7eba397b6b10a122f28dd9455f1a5d05d8baccd2ffef6a7e0a819f75fe0f5c32ae668d5cccf49ed272051c634ba3c1e310ed862edc92557c9e17302417268f3486e8a3a63be999656296959567674573fc58782a4cc53cc2c4a8754617045db59a79f8bdc7310ecd5edea93d4b4ca47cd77bb9225b291960ddc218dc57398d4451777569906d4eb4cee30d68932420618275e2a9f5f0f8f6741e2c8e01e1957784e01094ae818086d586577752341bc2968cd6ec6a91ef3e3642441ff10761647a445120821fcb2fa30eaf5c83afe63eca38eec8cf833c4065751e1dfc73d729630dd40cff89da5724317e0c00c62875d3f82deb9baf5932a1974a248e16f8780a9817ed0f37c7175ad23f913d3388e1e22c1d42a00d4dbfd5f60c8e1c27e02d4c0ddcad8db5962e0787a8cc9a0d3262facac7be3e36123f974e2a9044ebc416f9d5eaaa2f92c737481f6d286820605469def5c2ee2daf89c41e307a1a3af1103dc580d181f75c85ea4875e722808cadef5f7974ca0fb623ef610c244160a74697d4c7f16ffda6037f0fa0446d2ae6033c56327ec10dd2567c9dd6945ce6e01b1dd98d6de3afabcfbecde197481e9ff7a5480587953cd125257d21d680fd8cc51423d65aba419ff7a698e2bc1bd6cd1c798ef8d52e67766864e8f5393019db6e06ba750332a88e102675d851fcba66c04ac2aadac5019019b2bbe690e0e6d65f2b6a70e511212ae77877e6cba29a4ab276a6907b50c657a892cd13aa8f229a133c792bec3cf3327bab4b522acb2d28c6f0b60f7ffdbab117e1ec9e4d9dd8c243daeb65a06ecd3373e4c6f4c224b3bf903c773915a247c3282217240aea17a4bc91b876b93547efa1152857f554cd314321aaebcde20a61d383743fcfd3e588384a8e7f7b7caa4dd0d5413fdd0150ca55fbbef20b959b3d508ad43d8623cc4fc93b8afd18afa68068b8de6d08ce572e88d1f43d7141eb0ed7fa194e66943c3b950f127bfe3c65782d7addf0a6db21dd52f085f5bb80dd421f', 'application/octet-stream', '2026-11-28 15:28:40.622676+00', '736', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.622611+00');
INSERT INTO public.was_resources VALUES ('garden', '//slash//twice', '\x3c703e', 'text/html', '2026-11-28 15:28:40.625084+00', '737', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.625029+00');
INSERT INTO public.was_resources VALUES ('garden', '/links', '\x7b226c696e6b736574223a5b7b2261636c223a5b7b2268726566223a222f73706163652f67617264656e2f61636c227d5d2c22616e63686f72223a222f73706163652f67617264656e2f6f70656e2f227d5d7d', 'application/linkset+json', '2026-11-28 15:28:40.62719+00', '738', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.627141+00');
INSERT INTO public.was_resources VALUES ('garden', '/acl', '\x7b2274797065223a225075626c696343616e52656164227d', 'application/json', '2026-11-28 15:28:40.632563+00', '739', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.632469+00');
INSERT INTO public.was_resources VALUES ('garden', '/open/door', '\x636f6d6520696e', 'text/plain', '2026-11-28 15:28:40.634774+00', '740', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.634721+00');
INSERT INTO public.was_resources VALUES ('garden', '/data.json', '\x7b2262223a312c2261223a5b312c325d7d', 'application/json', '2026-11-28 15:28:40.63682+00', '741', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.636761+00');
INSERT INTO public.was_resources VALUES ('shed', '/spade', '\x646967', 'text/plain', '2026-11-28 15:28:40.640604+00', '742', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.640522+00');
INSERT INTO public.was_resources VALUES ('attic', '/box', '\x64757374', 'text/plain', '2026-11-28 15:28:40.643085+00', '743', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.643024+00');
INSERT INTO public.was_resources VALUES ('cellar', '/wine', '\x726564', 'text/plain', '2026-11-28 15:28:40.644494+00', '745', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.644494+00');
INSERT INTO public.was_resources VALUES ('garden', '/a.txt', '\x706c61696e2074657874206f6620507974686f6e', 'text/x-python', '2026-11-28 15:28:40.606573+00', '731', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.606434+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/text.txt', '\x736f6d652074657874', 'text/plain', '2026-11-28 15:28:40.698044+00', '760', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.697718+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/page.html', '\x3c703ec3bce282ac0a', 'text/html; charset=utf-8', '2026-11-28 15:28:40.701548+00', '761', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.701462+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/empty', '\x', 'application/octet-stream', '2026-11-28 15:28:40.704791+00', '762', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.704726+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/bytes', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', 'image/x-test', '2026-11-28 15:28:40.712204+00', '763', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.712126+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/noise', '\x6c095ab8980e713923bd958bca0ee1ed1168b9578482292ada4c785c0394510df517fc34c3ab8b9f567229d3ff82c8f1f5e48cd566c90374231f93ac0b84f1e53abaf104babd1d40e34c6cbcac04a7edf114fd76ce20bd2dfd85caab91a25c83d33048fcef17a3ad263d80ae3745c4d165cc7d536fd0698630729fa6486305adbf5682d940eeaeb9bc849f4d7ef39f7da3fef4c5aa297d4301bceb4ce7c9d5cb780a39d3d2c96f6f1341703f9f392b74b010cdb7d169e2d4d4beb209a8f85a8df5100748247de8fcdfc986931e251fe6831a2ac37c5fbbeacafa88dc89c392014c31d8c1123eacddc77d2ce4ee32ff66ca68dafdebbdc94b24317ce2c55642d6444cd8c932b6d2cd1867acabb5cd691f160d0e40f7e9804fd1691af00d70418324d8fdfd92b9a4ea316f1a9082b27469e6b220df4c88acc359423b43e0501dd014f7d39de1e34a6d4e709c63e29d717a7a5715aae2d6e89c37a4840a32fcd93a659bf8ac82d915ae6a8e8c678cd21c90a245cc9fc617a2413c28c68eae214d81ec604aba4ae4a464b3a6b9c0211b7a604cb45894921396d48ac32c7d2c0e2118f7668b92a449bd1b2fee2a0119befdf4529b393554a5101d634bb36a1ee132f66aa21c26745ec7e750fe23891a8f168fd9af1d529fb76a13651f2a5e02556524a183dd706616be67d8ccbf4f8efe283e076d25f9545cdb8fb25a97896b883e5d5eb5e31af749b353a58ccdef9f57518076f6e11da6e9e5c9494aed8251905ede228f0b4a8dc9e8df312924885495ac0b20adebed9e40efbf313ef468e08beb03ea3aa4e01c8e554c5d3e9df034956dcc81dc4dcaa62fbca2e9ce36df8b83ba60724038fbdbfe24ad8e79d28596808fb741f38d75465793932486da781c1d000323bead766eaab62aa91c8289a0954d01d2143bffbd611d5e87a72e0d862682e3003e809fe75d8f5726e498b83c7543b2f8e17c3e217c910f72600c87ed20392e909d0f8c68ef65217b6a525839a1150341cfe084050d0d715da659f776e3c25b1b228e78fb6190a8eb5bb6e086d40688205001b896aaaea0b7e2d4c4061c9386210a6e75f8ffae7dcde2773499614321d5a6d0149d096dbed42455dfe6c4aa2ceda72a743649e9d1a6f7b3e6e1d60c8d4596304d6acae7fbfc54f2fbb82355f5b8f7e8beb39e9e8a0eab4dffd27136c32849bb262d8d3c30d59030ead4bfaa7542e35f4982db6ca816f36766d12a9f7adbee4890b9f6721ba052ac7dc98fa922daf5381368db77f0421b94ac923941fce47736d07184448dc99154d4392b99df8336c893bdf953cd0fe2a5d68b469b0499b114e3aa3a6b9f525585c710c06e6177e5fac10d56f6da965a23f06d59f0fe4e780ce0246e2565d836d22da0c58f2b1a282425a3d90680674052d251a83cac091b8ace65304c47b2e272a777c2f0d8c0c1380186237a1eb595ebaa69363ebf4bb93654262b4d40ac6dacfd44307f9edd69fb6b976d2559def6ef3cf8ebc6303de50363ba6e0c8cc3ca91a40fb8578fdf3df31029a25b4b0dfba56e40233c86414e4adeb1d50d598afb42b697ad4f29fb9f93e5c92d5ae69b2c36c8652494fd3c7c8c42788ef761bf4595ee337261e04ed74ef246fa12377a1405976893e91aaf1044e20b5fad574c69f3e3a6aaa76ac3550f9980f374d8900fb1436f45396b48c5da8956b481498f986d32d0c8880738e495d4f16e5eb342a6721531eb6371d799fdd5f80418a53fc4d027232ae3b5ddbdd54aa7fdcfb649767bbee425e890fd0ff923f5cdd5f26790016b2cbc2ec31ab3bde2f97b86397bbb908668ee39d3b8fc13554887ff267121ef873714dc84f4a77e167967c8983f1f7b5baff062ba8af2fa143fa18d0382f2fc38ad2d50de5af5e11bc779551e34b97352d61e876907b838cb8e9133dd79233f9c24c4b55242b6a11df68a86e88f83b425f14182fdf2ad2fcffb188e04711f219343661dfbe8ca67a803f50994dbc72828b6d18bee411bc44b45e5737edf02c828759e280236c2f3e1a87a3a9cd17f6ddeb6e5f3d026f786d6c006d82ad8f2a1dea14a9c03d9ff9091a9d93dea6e23607e905e7633c3323b7662182c8ec192b4fd97258d40b4cc80d5a146961d39d19891ec5991892b0f456e1fd8b14e091e06dda5944fc387d377513d8af4bfc12e3846426f11001804ef97be070a3c3a578c21692fa120a7d88ebb6f61af2c065430356dd9e93e0ee9b79869a889251354927b052f5bcbc70a1821f4bd4beb495b5d5841cdf0bb262efce03d225eed33397885bd48161bf91e7e402165662a56cc2ffa19201e89be2e44f63af71cc14fbca9b3643ff0bc6e872300a13e4e09319697e3b7ed0920a64172661bda22e45893f4236547e9b2f2394a9db61d99a0ed8f1042edc63356c9b8350739c1ff45ca2def217c4b6ba3f0d837f807e8b802dda42e25d875bb77c563b79dcb3712ffe7d5c732fed61c43954f7a66c71e9d291eb135dc0ef198d56f7a46a379f09836381531f1551d22e6ccfadcc26710f6a094992c64725d1714020b937a6f74649195fc686a5abfc425e17b26f0d2948bb32f847b8fbad5325ad7be45a39677c9212148251fc814446666d2a8fe1681ea98d279bebfff9e6da700898fd86fc645470b7d1f08a12c5338587948519a12a39fab9c796334e2db90b4ed66ec67966c0dd3f5080ca888eef96932b4a0b3c3636452d3755b773bea74f9b16ef7436aec544fcaaf24028eed9c8b260c50e2ab356865ec226074299f9ff14d0161d196f8b7a1e8995765c770900eb97f849e887efdc5edfcd84bd42da762c9ff6b54bd73ad7fb9892a65b514ba0966e38577f10d2a375f874e3cad3f2ce79b3a459512c7697c5558a4c622ed83de8af712958f256ec8a43975c57a9f7d67c5df38c52f8417996bff34fb3b3daa1dfb97d95f2ae181d11a991327eea2ae17b5b2bdeace874e2416e5f590adfc016e977542210c84ef18e40df6b97dd331a3d56eac6ea13378bbf0f717ba94e1a7daf75c2b6048aca8eb135c482feddc963eac041374c38244e091fc5886b3bde8620484472c120755c5abaaef93f7daba5c832c4faf572265ac031dd48ca684b693f0fdfc70e416ca5c2be1b6e127f3ba24a5f31d2e6030e2c5a08f26ac391078ae7a49c6888aac1990cfad12d9b552cfadae3a013e73bb02f9e84404a4ae0211e9363a3097b08f7d3c0a3cf7cce80671dcbed35d7ea8e286fd16d0749d51052cb6f19effc9c9a7754d7a8e32df2b66ca29aca0dcb31e76d0a42bac3d701fbda7d6d0806a6dbdd8cb7eba397b6b10a122f28dd9455f1a5d05d8baccd2ffef6a7e0a819f75fe0f5c32ae668d5cccf49ed272051c634ba3c1e310ed862edc92557c9e17302417268f3486e8a3a63be999656296959567674573fc58782a4cc53cc2c4a8754617045db59a79f8bdc7310ecd5edea93d4b4ca47cd77bb9225b291960ddc218dc57398d4451777569906d4eb4cee30d68932420618275e2a9f5f0f8f6741e2c8e01e1957784e01094ae818086d586577752341bc2968cd6ec6a91ef3e3642441ff10761647a445120821fcb2fa30eaf5c83afe63eca38eec8cf833c4065751e1dfc73d729630dd40cff89da5724317e0c00c62875d3f82deb9baf5932a1974a248e16f8780a9817ed0f37c7175ad23f913d3388e1e22c1d42a00d4dbfd5f60c8e1c27e02d4c0ddcad8db5962e0787a8cc9a0d3262facac7be3e36123f974e2a9044ebc416f9d5eaaa2f92c737481f6d286820605469def5c2ee2daf89c41e307a1a3af1103dc580d181f75c85ea4875e722808cadef5f7974ca0fb623ef610c244160a74697d4c7f16ffda6037f0fa0446d2ae6033c56327ec10dd2567c9dd6945ce6e01b1dd98d6de3afabcfbecde197481e9ff7a5480587953cd125257d21d680fd8cc51423d65aba419ff7a698e2bc1bd6cd1c798ef8d52e67766864e8f5393019db6e06ba750332a88e102675d851fcba66c04ac2aadac5019019b2bbe690e0e6d65f2b6a70e511212ae77877e6cba29a4ab276a6907b50c657a892cd13aa8f229a133c792bec3cf3327bab4b522acb2d28c6f0b60f7ffdbab117e1ec9e4d9dd8c243daeb65a06ecd3373e4c6f4c224b3bf903c773915a247c3282217240aea17a4bc91b876b93547efa1152857f554cd314321aaebcde20a61d383743fcfd3e588384a8e7f7b7caa4dd0d5413fdd0150ca55fbbef20b959b3d508ad43d8623cc4fc93b8afd18afa68068b8de6d08ce572e88d1f43d7141eb0ed7fa194e66943c3b950f127bfe3c65782d7addf0a6db21dd52f085f5bb80dd421f', 'application/octet-stream', '2026-11-28 15:28:40.71552+00', '764', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.71544+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/data.json', '\x7b2262223a312c2261223a5b312c325d7d', 'application/json', '2026-11-28 15:28:40.718288+00', '765', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.718222+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/ld', '\x7b2240636f6e74657874223a5b5d7d', 'application/ld+json', '2026-11-28 15:28:40.720771+00', '766', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.72071+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/-._~', '\x6f6464206964', 'text/plain', '2026-11-28 15:28:40.726597+00', '767', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.726453+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/by-headers', '\x6e6f746564', 'text/plain', '2026-11-28 15:28:40.729642+00', '768', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'epoch h', 'writer h', '2026-11-28 15:28:40.729575+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/by-meta', '\x6e6f746564', 'text/plain', '2026-11-28 15:28:40.732645+00', '769', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'epoch h', 'writer h', '2026-11-28 15:28:40.732577+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/meta-keeps', '\x6e6f746564', 'text/plain', '2026-11-28 15:28:40.746969+00', '771', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'epoch h', 'writer h', '2026-11-28 15:28:40.746894+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/custom', '\x78', 'text/plain', '2026-11-28 15:28:40.75267+00', '773', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.752614+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/meta-first', '\x6e6f74656420616761696e', 'text/plain', '2026-11-28 15:28:40.768548+00', '777', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'epoch later', NULL, '2026-11-28 15:28:40.737159+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/7c87d6c8-53c0-4259-8ffc-52e0c47ab732', '\x706f73746564', 'text/plain', '2026-11-28 15:28:40.782808+00', '782', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.782723+00');
INSERT INTO public.was_resources VALUES ('library', '/sealed/letter', '\x7b226964223a227a222c22696e6465786564223a5b5d2c226a7765223a7b2263697068657274657874223a22616263222c2270726f746563746564223a2265794a227d2c2273657175656e6365223a307d', 'application/json', '2026-11-28 15:28:40.785871+00', '783', 'sealed', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'k1', 'w', '2026-11-28 15:28:40.785806+00');
INSERT INTO public.was_resources VALUES ('library', '/open-text/t', '\x7b22636f6e74656e74223a7b227469746c65223a2274227d7d', 'application/json', '2026-11-28 15:28:40.79492+00', '785', 'open-text', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.794844+00');
INSERT INTO public.was_resources VALUES ('square', '/stalls/one', '\x7374616c6c73206f6e65', 'text/plain', '2026-11-28 15:28:40.805712+00', '788', 'stalls', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.805632+00');
INSERT INTO public.was_resources VALUES ('square', '/stalls/two', '\x7374616c6c732074776f', 'text/plain', '2026-11-28 15:28:40.808842+00', '789', 'stalls', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.808777+00');
INSERT INTO public.was_resources VALUES ('square', '/cabinet/one', '\x636162696e6574206f6e65', 'text/plain', '2026-11-28 15:28:40.816179+00', '791', 'cabinet', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.816108+00');
INSERT INTO public.was_resources VALUES ('square', '/cabinet/two', '\x636162696e65742074776f', 'text/plain', '2026-11-28 15:28:40.819762+00', '792', 'cabinet', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.819704+00');
INSERT INTO public.was_resources VALUES ('house', '/rooms/hall', '\x68616c6c', 'text/plain', '2026-11-28 15:28:40.851743+00', '799', 'rooms', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', NULL, NULL, '2026-11-28 15:28:40.851655+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/python', '\x6f6620507974686f6e', 'text/x-python', '2026-11-28 15:28:40.894862+00', '803', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.894862+00');
INSERT INTO public.was_resources VALUES ('library', '/Übung 1', '\x00ff', 'application/x-python', '2026-11-28 15:28:40.895167+00', '804', NULL, NULL, NULL, NULL, '2026-11-28 15:28:40.895167+00');
INSERT INTO public.was_resources VALUES ('library', '/docs/overwritten', '\x6f6620507974686f6e2c20746f6f', 'text/x-python', '2026-11-28 15:28:40.749797+00', '772', 'docs', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'epoch h', NULL, '2026-11-28 15:28:40.749731+00');
INSERT INTO public.was_revocations VALUES ('library', 'urn:zcap:bob-is-revoked did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', '2090-01-02 00:00:00+00');
INSERT INTO public.was_revocations VALUES ('library', 'urn:zcap:carol-is-revoked-by-bob did:key:z6MktK6qVY9699y5f3i6VVYoaqd5ZdFQnNFJ1PKu7Xcv7mC2', '2090-01-02 00:00:00+00');
INSERT INTO public.was_schema_version VALUES (1, '2026-11-28 15:28:40.394263+00');
INSERT INTO public.was_schema_version VALUES (2, '2026-11-28 15:28:40.394263+00');
INSERT INTO public.was_schema_version VALUES (3, '2026-11-28 15:28:40.394263+00');
INSERT INTO public.was_space_policies VALUES ('square', '{"type":"PublicCanRead"}');
INSERT INTO public.was_spaces VALUES ('garden', 'urn:garden', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'classic', 'Gärten & Höfe', '/space/garden/links', '2026-11-28 15:28:40.580195+00', '727', NULL);
INSERT INTO public.was_spaces VALUES ('shed', 'urn:uuid:shed', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'classic', NULL, NULL, '2026-11-28 15:28:40.584198+00', '728', NULL);
INSERT INTO public.was_spaces VALUES ('attic', 'urn:uuid:attic', 'did:key:z6MktK6qVY9699y5f3i6VVYoaqd5ZdFQnNFJ1PKu7Xcv7mC2', 'classic', 'attic', NULL, '2026-11-28 15:28:40.590708+00', '729', NULL);
INSERT INTO public.was_spaces VALUES ('cellar', 'urn:cellar', 'did:key:z6MktK6qVY9699y5f3i6VVYoaqd5ZdFQnNFJ1PKu7Xcv7mC2#z6MktK6qVY9699y5f3i6VVYoaqd5ZdFQnNFJ1PKu7Xcv7mC2', 'classic', NULL, NULL, '2026-11-28 15:28:40.643526+00', '744', NULL);
INSERT INTO public.was_spaces VALUES ('library', 'library', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'pws', 'Bücherei', NULL, '2026-11-28 15:28:40.652606+00', '747', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A');
INSERT INTO public.was_spaces VALUES ('square', 'square', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A', 'pws', 'Square', NULL, '2026-11-28 15:28:40.655731+00', '748', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A');
INSERT INTO public.was_spaces VALUES ('void', 'void', 'did:key:z6MktK6qVY9699y5f3i6VVYoaqd5ZdFQnNFJ1PKu7Xcv7mC2', 'pws', NULL, NULL, '2026-11-28 15:28:40.665781+00', '750', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A');
INSERT INTO public.was_spaces VALUES ('house', 'house', 'did:key:z6Mkvkojx34ipskD27K357LJ6ifEgLRZaeZoAYz7brh8h8pD', 'pws', 'House', NULL, '2026-11-28 15:28:40.894407+00', '802', 'did:key:z6MkgjPXD47d2s9rjQQRoEdgtWPFtmEZgsYatrJUzqiazt6A');
ALTER TABLE ONLY public.was_backends
    ADD CONSTRAINT was_backends_pkey PRIMARY KEY (space_uuid, backend);
ALTER TABLE ONLY public.was_collection_policies
    ADD CONSTRAINT was_collection_policies_pkey PRIMARY KEY (space_uuid, collection);
ALTER TABLE ONLY public.was_collections
    ADD CONSTRAINT was_collections_pkey PRIMARY KEY (space_uuid, collection);
ALTER TABLE ONLY public.was_resource_meta
    ADD CONSTRAINT was_resource_meta_pkey PRIMARY KEY (space_uuid, path);
ALTER TABLE ONLY public.was_resource_policies
    ADD CONSTRAINT was_resource_policies_pkey PRIMARY KEY (space_uuid, path);
ALTER TABLE ONLY public.was_resources
    ADD CONSTRAINT was_resources_pkey PRIMARY KEY (space_uuid, path);
ALTER TABLE ONLY public.was_revocations
    ADD CONSTRAINT was_revocations_pkey PRIMARY KEY (space_uuid, link);
ALTER TABLE ONLY public.was_schema_version
    ADD CONSTRAINT was_schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.was_space_policies
    ADD CONSTRAINT was_space_policies_pkey PRIMARY KEY (space_uuid);
ALTER TABLE ONLY public.was_spaces
    ADD CONSTRAINT was_spaces_pkey PRIMARY KEY (space_uuid);
CREATE INDEX idx_spaces_controller ON public.was_spaces USING btree (controller);
CREATE INDEX was_resources_collection_path ON public.was_resources USING btree (space_uuid, collection, path COLLATE "C") WHERE (collection IS NOT NULL);
CREATE INDEX was_spaces_controller_protocol_uuid ON public.was_spaces USING btree (controller, protocol, space_uuid);
ALTER TABLE ONLY public.was_backends
    ADD CONSTRAINT was_backends_space_uuid_fkey FOREIGN KEY (space_uuid) REFERENCES public.was_spaces(space_uuid) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_collection_policies
    ADD CONSTRAINT was_collection_policies_space_uuid_collection_fkey FOREIGN KEY (space_uuid, collection) REFERENCES public.was_collections(space_uuid, collection) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_collections
    ADD CONSTRAINT was_collections_space_uuid_fkey FOREIGN KEY (space_uuid) REFERENCES public.was_spaces(space_uuid) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_resource_meta
    ADD CONSTRAINT was_resource_meta_space_uuid_path_fkey FOREIGN KEY (space_uuid, path) REFERENCES public.was_resources(space_uuid, path) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_resource_policies
    ADD CONSTRAINT was_resource_policies_space_uuid_path_fkey FOREIGN KEY (space_uuid, path) REFERENCES public.was_resources(space_uuid, path) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_resources
    ADD CONSTRAINT was_resources_collection FOREIGN KEY (space_uuid, collection) REFERENCES public.was_collections(space_uuid, collection) ON DELETE CASCADE NOT VALID;
ALTER TABLE ONLY public.was_resources
    ADD CONSTRAINT was_resources_space_uuid_fkey FOREIGN KEY (space_uuid) REFERENCES public.was_spaces(space_uuid) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_revocations
    ADD CONSTRAINT was_revocations_space_uuid_fkey FOREIGN KEY (space_uuid) REFERENCES public.was_spaces(space_uuid) ON DELETE CASCADE;
ALTER TABLE ONLY public.was_space_policies
    ADD CONSTRAINT was_space_policies_space_uuid_fkey FOREIGN KEY (space_uuid) REFERENCES public.was_spaces(space_uuid) ON DELETE CASCADE;
