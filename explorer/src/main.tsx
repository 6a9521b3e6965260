// Licensed under the Apache License, Version 2.0; see LICENSE.

// The page: who is here, where one is, and the view of that.

import { render } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { chooseIdentity, identities, identity, linkTo, loadState } from './state'
import { online, place, servers } from './state'
import { t } from './strings'
import { sweepDownloads } from './transfer/downloads'
import { CollectionView } from './views/collection'
import { KeysView } from './views/keys'
import { Spoken } from './views/parts'
import { PathsView } from './views/paths'
import { ResourceView } from './views/resource'
import { ServersView } from './views/servers'
import { SharesView } from './views/shares'
import { SpacesView } from './views/spaces'
import { SpaceView } from './views/space'
import { Transfers } from './views/transfers'

function View() {
  const { parts, via } = place.value
  const [kind, base, space, third, fourth] = parts
  const server = servers.value.find(one => one.base === base)
  if (kind === 'keys' || !identity.value) return <KeysView />
  if (kind === 'shares') return <SharesView />
  if (kind === 'spaces' && server) return <SpacesView key={base} server={server} />
  if (kind !== 'space' || !server || !space) return <ServersView />
  // A view is of one place: at another one it begins anew.
  const key = JSON.stringify([parts, via, identity.value.did])
  if (server.protocol === 'classic') {
    if (third === undefined) return <PathsView key={key} server={server} space={space} />
    const of = { server, space, collection: undefined, resource: third, via: undefined }
    return <ResourceView key={key} {...of} />
  }
  if (third === undefined) return <SpaceView key={key} server={server} space={space} via={via} />
  const of = { server, space, collection: third, via }
  if (fourth === undefined) return <CollectionView key={key} {...of} />
  return <ResourceView key={key} {...of} resource={fourth} />
}

function Header() {
  const links: [string, string[]][] = [
    [t.servers, ['servers']],
    [t.shares, ['shares']],
    [t.keys, ['keys']]
  ]
  const [at] = place.value.parts
  return (
    <header>
      <a class="skip" href="#main" onClick={skip}>
        {t.skip}
      </a>
      <nav aria-label={t.nav}>
        {links.map(([label, parts]) => (
          <a href={linkTo(parts)} aria-current={parts[0] === at ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {identities.value.length > 0 && (
        <label class="who">
          {t.actingAs}{' '}
          <select
            value={identity.value?.did}
            onChange={event => void chooseIdentity(event.currentTarget.value)}
          >
            {identities.value.map(({ did, name }) => (
              <option value={did}>{name}</option>
            ))}
          </select>
        </label>
      )}
    </header>
  )
}

function skip(event: Event) {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function Page() {
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  // Another place is another page: reading begins at its top. At once, so that it takes the focus
  // from nothing that somebody chose there.
  useLayoutEffect(() => {
    if (!first.current) main.current?.focus()
    first.current = false
  }, [place.value])
  return (
    <>
      <Header />
      {!online.value && (
        <p class="warning banner" role="status">
          {t.offline}
        </p>
      )}
      <main id="main" tabIndex={-1} ref={main}>
        {crypto.subtle ? <View /> : <p class="failure">{t.insecure}</p>}
      </main>
      <Transfers />
      <Spoken />
    </>
  )
}

document.title = t.title
void sweepDownloads()
await (crypto.subtle ? loadState() : undefined)
render(<Page />, document.body)
