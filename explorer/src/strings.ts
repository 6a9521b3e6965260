// Licensed under the Apache License, Version 2.0; see LICENSE.

// All that the page says, in English. Another language is another object of this shape.

const number = new Intl.NumberFormat('en')
const time = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

export const t = {
  title: 'Explorer',
  skip: 'Skip to the content',
  nav: 'Main',
  spaces: 'Spaces',
  keys: 'Keys',
  servers: 'Servers',
  shares: 'Shares',
  actingAs: 'Acting as',
  where: 'You are here',
  offline: 'You are offline. What is shown may be old, and nothing can be written.',
  notLive: 'The server is not reached at the moment; trying again.',
  loading: 'Loading…',
  cancel: 'Cancel',
  close: 'Close',
  remove: 'Remove',
  delete: 'Delete',
  rename: 'Rename',
  save: 'Save',
  copy: 'Copy',
  copied: 'Copied.',
  name: 'Name',
  tryAgain: 'Try again',
  stop: 'Stop',
  working: 'Working…',
  noEd25519:
    'This browser cannot sign with Ed25519 by itself. A library does it instead, and keeps ' +
    'the key where scripts of this site could read it. A newer browser is safer.',
  insecure:
    'This page was not loaded over HTTPS, so the browser has no keys for it. Open it over ' +
    'HTTPS.',

  // Keys
  noKeys: 'You have no key here yet. A key is who you are to a server: it opens your spaces.',
  makeKey: 'Make a key',
  makeKeyHelp:
    'It is made in this browser and cannot be read out of it, by this page neither. Who ' +
    'clears the data of this site loses it.',
  exportable: 'It may leave this browser (choose this to keep a copy elsewhere)',
  bringKey: 'Bring a key',
  bringHelp:
    'Paste a key in PEM (of was-curl or openssl), an OpenSSH Ed25519 key without a ' +
    'passphrase, or a seed in multibase.',
  bringWarning:
    'A key that was elsewhere before may be known to others. Paste one here only if you trust ' +
    'this site.',
  keyText: 'The key',
  orFile: 'or from a file',
  bring: 'Bring it',
  exportKey: 'Export',
  exportWarning: 'Who has this text can do all that you can. Keep it in a safe place.',
  forgetKey: 'Forget',
  forgetWarning:
    'The key is deleted from this browser. Without a copy elsewhere, nobody can write into ' +
    'its spaces again.',
  madeHere: 'made here',
  broughtHere: 'brought',
  useKey: 'Use',
  inUse: 'in use',
  keyReasons: {
    notAKey: 'This is no key in PEM, OpenSSH or multibase.',
    encryptedKey: 'This key has a passphrase. Remove it from a copy first: ssh-keygen -p -m PEM.',
    otherKindOfKey: 'This is a key, but no Ed25519 key.',
    truncatedKey: 'A part of this key is missing.'
  },

  // Servers
  noServers: 'No server yet. Add the one whose spaces you want to see.',
  addServer: 'Add a server',
  serverUrl: 'Its URL',
  protocols: { classic: 'classic protocol', pws: 'Portable Web Spaces' },
  serverReasons: {
    notAUrl: 'This is no URL of a server (https://…).',
    notReached:
      'It was not reached: it is not there, does not let pages of this site in, or this page ' +
      'may not connect to it (the operator of this page says where it may).',
    notOurs: 'It answers, but speaks neither protocol.'
  },

  // Spaces, collections, resources
  noSpaces: 'There is no space of yours on this server.',
  makeSpace: 'New space',
  makeCollection: 'New collection',
  noCollections: 'No collections yet.',
  collections: 'Collections',
  resources: 'Resources',
  noResources: 'Nothing is here yet. Drop files here, or choose some.',
  chooseFiles: 'Choose files',
  dropHere: 'Drop files to store them here',
  newText: 'New text',
  newTextName: 'Its name, for example note.txt or data.json',
  openPath: 'Open a path',
  path: 'Path',
  open: 'Open',
  classicList:
    'This protocol has no list of resources: the list is read off the archive of the space.',
  readMore: 'Read on',
  listRead: (items: number, size: string, whole: boolean) =>
    whole
      ? `All ${number.format(items)} resources.`
      : `${number.format(items)} resources in the first ${size} of the archive.`,
  shown: (from: number, to: number, total: number | undefined) =>
    total === undefined
      ? `${number.format(from)} to ${number.format(to)}`
      : `${number.format(from)} to ${number.format(to)} of ${number.format(total)}`,
  firstPage: 'First page',
  nextPage: 'Next page',
  columns: { name: 'Name', type: 'Type', size: 'Size', time: 'Changed', writer: 'Writer' },
  more: 'More',
  deleteAsk: (name: string) => `Delete “${name}”? This cannot be undone.`,
  deleteWholeAsk: (name: string) =>
    `Delete “${name}” and all that is in it? This cannot be undone.`,
  usage: 'Storage',
  used: (used: string) => `${used} used`,
  usedOf: (used: string, limit: string) => `${used} of ${limit} used`,
  nearLimit: 'Almost full.',
  overQuota: 'Full: nothing more can be stored.',
  exportSpace: 'Export',
  importSpace: 'Import an archive',
  imported: (counts: string) => `Imported: ${counts}.`,
  publicNow: 'Anybody who knows the URL can read this.',
  privateNow: 'Only you, and whom you share it with, can read this.',
  makePublic: 'Let anybody read',
  makePrivate: 'Stop letting anybody read',
  stillPublic: 'This server lets anybody read who knows the URL, whatever is said here.',

  // Content
  download: 'Download',
  edit: 'Edit',
  content: 'Content',
  tree: 'Tree',
  text: 'Text',
  asPage: 'As a page, without scripts',
  cut: (shown: string, size: string) => `The first ${shown} of ${size}.`,
  noView: 'There is no view for this type. Download it.',
  tooLong: 'It is too long to be looked at here. Download it.',
  credential: 'Credential',
  issuer: 'Issuer',
  subject: 'Subject',
  validFrom: 'Valid from',
  validUntil: 'Valid until',
  kinds: 'Types',
  proof: 'Proof',
  proofThere: 'There is one. It was not checked here.',
  proofMissing: 'There is none.',
  notJson: (why: string) => `This is not JSON: ${why}`,
  saved: 'Saved.',
  changedElsewhere: 'This was changed elsewhere since you opened it. Nothing was overwritten.',
  deletedElsewhere: 'This was deleted elsewhere.',
  loadTheirs: 'Load what is there now',
  overwrite: 'Overwrite it with mine',
  facts: 'Facts',

  // Transfers
  transfers: 'Transfers',
  forgetDone: 'Clear',
  pause: 'Pause',
  goOn: 'Go on',
  paused: 'Paused: what is on its way goes on, and no other file begins.',
  upload: {
    waiting: 'waiting',
    reading: 'reading',
    sending: 'sending',
    done: 'stored',
    conflict: 'There is something of this name already. Nothing was overwritten.',
    failed: 'failed',
    stopped: 'stopped; nothing was stored'
  },
  broken: 'The connection broke. Nothing was stored.',
  replace: 'Replace it',
  keepBoth: 'Keep both',
  downloadStates: {
    running: 'receiving',
    broken: 'The connection broke; going on soon.',
    done: 'handed to the browser',
    failed: 'failed',
    stopped: 'stopped'
  },
  progress: (done: string, size: string) => `${done} of ${size}`,

  // Sharing
  share: 'Share',
  shareWith: 'With whom (a did:key)',
  notADid: 'This is no did:key of an Ed25519 key.',
  mayRead: 'read',
  mayWrite: 'write',
  mayDelete: 'delete',
  until: 'Until',
  makeShare: 'Make the share',
  shareText: 'Give this text to whom you share with. It is good for that key alone.',
  qr: 'The same as a QR code',
  qrTooLong: 'The text is too long for a QR code.',
  openShare: 'Open a share',
  shareHelp: 'Paste the text of a share that was given to you.',
  given: 'Given',
  received: 'Received',
  noShares: 'None.',
  revoke: 'Revoke',
  revoked: 'revoked',
  revokeAsk: 'Whoever has this share can do nothing with it any more. Revoke it?',
  shareSummary: (actions: string, until: string) => `${actions}, until ${until}`,
  shareReasons: {
    notAShare: 'This is no share.',
    shareExpired: 'This share has expired.',
    shareOfNothing: 'This share names nothing that can be opened here.',
    notYours: 'This share is for another key than those that you have here.'
  },

  // Failures
  problem: {
    401: 'The server does not accept the signature. Is the clock of this device right?',
    403: 'You may not do this here.',
    404: 'It is not there, or not for you.',
    409: 'This is in conflict with what is there.',
    412: 'It was changed elsewhere meanwhile. Nothing was overwritten.',
    413: 'It is longer than this server takes.',
    429: 'The server asks to wait a while.',
    503: 'The server cannot do this at the moment. Try again later.',
    507: 'There is no room for it: the space is full.'
  } as Record<number, string>,
  refused: (status: number) => `The server refused it (${status}).`,
  serverSays: (text: string) => `The server says: ${text}`,
  connectionBroke: 'The server was not reached.',
  unexpected: 'Something went wrong.',

  time: (value: Date | undefined) => (value ? time.format(value) : ''),
  size: (bytes: number | undefined) => {
    if (bytes === undefined) return ''
    const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
    let value = bytes
    let unit = 0
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024
      unit++
    }
    return `${number.format(Number(value.toFixed(unit && value < 10 ? 1 : 0)))} ${units[unit]}`
  }
}
