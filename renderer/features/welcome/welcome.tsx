/** The first screen: start a team here, or come into one. Also the way to a further team. */
import { useEffect, useReducer, useRef } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { cx } from '../../ui/cx.ts';
import { useCommands, useWindow } from '../app/context.tsx';
import { AccountForm } from './account-form.tsx';
import { Choose } from './choose.tsx';
import { Compare, Stop } from './compare.tsx';
import { FIRST, move, type Step } from './flow.ts';
import { Hero } from './hero.tsx';
import { InviteField } from './invite-field.tsx';
import { Replace } from './replace.tsx';
import styles from './welcome.module.css';

export function Welcome({ isInside = false }: { readonly isInside?: boolean }) {
  const words = useWords();
  const commands = useCommands();
  const canHost = useWindow((model) => stateOf(model)?.app.canHostTeam ?? false);
  const invite = useWindow((model) => model.ui.welcome?.invite ?? null);
  const [step, go] = useReducer(move, FIRST);
  const asked = useRef(0);

  const probe = async (typed: string): Promise<void> => {
    const round = ++asked.current;
    go({ kind: 'probe' });
    const answer = await commands.call('relay.probe', { typed: typed.trim() });
    if (round !== asked.current) return;
    go(
      answer.ok
        ? { kind: 'found', found: answer.value }
        : { kind: 'refused', problem: answer.error },
    );
  };
  // A link from outside goes straight to its field; the person still presses the button.
  useEffect(() => {
    if (invite !== null) go({ kind: 'invite', typed: invite });
  }, [invite]);

  const back = (): void => {
    asked.current++;
    go({ kind: 'back' });
  };
  const enter = (team: string): void => commands.openTeam(team);

  return (
    <main
      className={cx(styles['welcome'], isInside && styles['inside'])}
      aria-label={words.say('welcome.label')}
    >
      <div className={styles['side']}>
        <div className={styles['words']} key={step.at}>
          {draw(step)}
        </div>
      </div>
      <Hero
        look={
          step.at === 'choose'
            ? 'idle'
            : step.at === 'stop'
              ? 'cut'
              : step.at === 'invite' && step.isProbing
                ? 'reaching'
                : 'idle'
        }
      />
    </main>
  );

  function draw(now: Step) {
    switch (now.at) {
      case 'choose':
        return (
          <Choose
            canHost={canHost}
            onStart={() => go({ kind: 'start' })}
            onInvite={() => go({ kind: 'invite' })}
            onCancel={isInside ? () => commands.showWelcome(null) : null}
          />
        );
      case 'start':
        return (
          <AccountForm
            as="start"
            found={null}
            onEnter={enter}
            onBack={back}
            onRefused={(problem) => go({ kind: 'refused', problem })}
          />
        );
      case 'invite':
        return (
          <InviteField
            step={now}
            onType={(typed) => go({ kind: 'type', typed })}
            onProbe={() => void probe(now.typed)}
            onBack={back}
          />
        );
      case 'compare':
        return <Compare found={now.found} onSame={() => go({ kind: 'compared' })} onBack={back} />;
      case 'replace':
        return (
          <Replace found={now.found} onReplace={() => go({ kind: 'compared' })} onBack={back} />
        );
      case 'account':
        return (
          <AccountForm
            key={now.as}
            as={now.as}
            found={now.found}
            onAs={(as) => go({ kind: 'as', as })}
            onEnter={enter}
            onBack={back}
            onRefused={(problem) => go({ kind: 'refused', problem })}
          />
        );
      case 'stop':
        return <Stop problem={now.problem} onBack={back} />;
    }
  }
}
