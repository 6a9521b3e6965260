// Licensed under the Apache License, Version 2.0; see LICENSE.

// What was shared: given away, with revoking it, and received, with opening it.

import { useState } from 'preact/hooks'
import { addServer, callerOf, chooseIdentity, go, identities, linkTo, reloadShares } from '../state'
import { servers, shares } from '../state'
import { t } from '../strings'
import { revoke } from '../wire/pws'
import { findServer } from '../wire/server'
import {
  actionsOf,
  controllersOf,
  forgetShare,
  giverOf,
  keepShare,
  NotAShare,
  placeOf,
  readShare,
  type Share
} from '../wire/shared'
import { textOf, timeOf } from '../wire/values'
import { FormDialog, Name, useDeed } from './parts'

export function SharesView() {
  const [revoking, setRevoking] = useState<Share>()
  const given = shares.value.filter(share => share.given)
  const received = shares.value.filter(share => !share.given)
  return (
    <>
      <h1>{t.shares}</h1>
      <OpenShare />
      <h2>{t.received}</h2>
      {received.length === 0 && <p>{t.noShares}</p>}
      <ul class="cards">
        {received.map(share => (
          <ShareCard key={share.capability.id} share={share} />
        ))}
      </ul>
      <h2>{t.given}</h2>
      {given.length === 0 && <p>{t.noShares}</p>}
      <ul class="cards">
        {given.map(share => (
          <ShareCard key={share.capability.id} share={share} revoke={() => setRevoking(share)} />
        ))}
      </ul>
      {revoking && (
        <FormDialog
          title={t.revoke}
          label={t.revoke}
          danger
          close={() => setRevoking(undefined)}
          submit={() => revokeShare(revoking)}
        >
          <p>{t.revokeAsk}</p>
        </FormDialog>
      )}
    </>
  )
}

async function revokeShare(share: Share): Promise<void> {
  const place = placeOf(share.capability.invocationTarget)
  const server = servers.value.find(({ base }) => base === place?.base)
  if (!place || !server) throw new NotAShare('shareOfNothing')
  await revoke(callerOf(server, undefined), place.space, share.capability)
  await keepShare({ ...share, revoked: true })
  await reloadShares()
}

function ShareCard({ share, revoke }: { share: Share; revoke?: () => void }) {
  const { capability, given, revoked, did } = share
  const place = placeOf(capability.invocationTarget)
  const parts = place && ['space', place.base, place.space, place.collection, place.resource]
  const path = parts?.filter(part => part !== undefined)
  const until = t.time(timeOf(textOf(capability.expires)))
  return (
    <li class="card">
      <h3>
        {path && !revoked ? (
          <a href={linkTo(path, given ? undefined : capability.id)}>
            <Name>{capability.invocationTarget}</Name>
          </a>
        ) : (
          <Name>{capability.invocationTarget}</Name>
        )}
      </h3>
      <p class="did">
        <code>{did}</code>
      </p>
      <p>
        {t.shareSummary(actionsOf(capability).join(', '), until)}
        {revoked && <strong> {t.revoked}</strong>}
      </p>
      <p class="actions">
        {revoke && !revoked && <button onClick={revoke}>{t.revoke}</button>}
        <button onClick={() => void forgetShare(share).then(reloadShares)}>{t.remove}</button>
      </p>
    </li>
  )
}

function OpenShare() {
  const [wrong, setWrong] = useState<string>()
  const deed = useDeed()
  const open = async (text: string) => {
    setWrong(undefined)
    try {
      await receive(text)
    } catch (error) {
      setWrong(
        error instanceof NotAShare
          ? t.shareReasons[error.reason]
          : error === NOT_YOURS
            ? t.shareReasons.notYours
            : t.serverReasons.notReached
      )
    }
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        const text = new FormData(event.currentTarget).get('share')
        void deed.run(() => open(typeof text === 'string' ? text : ''))
      }}
    >
      <p class="field">
        <label for="share-text">{t.shareHelp}</label>
        <textarea id="share-text" name="share" rows={4} required spellcheck={false} />
      </p>
      {wrong && (
        <p class="failure" role="alert">
          {wrong}
        </p>
      )}
      <button class="primary" disabled={deed.busy}>
        {t.openShare}
      </button>
    </form>
  )
}

const NOT_YOURS = new Error('not yours')

async function receive(text: string): Promise<void> {
  const capability = readShare(text)
  const mine = identities.value.find(({ did }) => controllersOf(capability).includes(did))
  if (!mine) throw NOT_YOURS
  const place = placeOf(capability.invocationTarget)!
  const known = servers.value.find(({ base }) => base === place.base)
  if (!known) await addServer(await findServer(place.base))
  await chooseIdentity(mine.did)
  const since = new Date().toISOString()
  const did = giverOf(capability)
  await keepShare({ capability, given: false, revoked: false, since, did })
  await reloadShares()
  const parts = ['space', place.base, place.space, place.collection, place.resource]
  go(
    parts.filter(part => part !== undefined),
    capability.id
  )
}
