/** What may follow a step, beside the step: ours instead of the library's, in the words of the trade. */
import { KINDS } from '../shared/steps.js';
import { say } from '../shared/say.js';

const APPENDS = [
  ['operation', 'bpmn-icon-user-task'],
  ['inspection', 'bpmn-icon-user-task'],
  ['machine', 'bpmn-icon-service-task'],
  ['gateway', 'bpmn-icon-gateway-xor'],
  ['end', 'bpmn-icon-end-event-none'],
];
const WORDS = { gateway: 'Question', end: 'End' };

class Pad {
  constructor(contextPad, mesSteps, mesRework, autoPlace, create) {
    Object.assign(this, { mesSteps, mesRework, autoPlace, create });
    contextPad.registerProvider(500, this);
  }

  getContextPadEntries(element) {
    const object = element.businessObject;
    return (entries) => {
      const kept = Object.fromEntries(Object.entries(entries).filter(([id]) => !id.startsWith('append.') || object.$type === 'bpmn:EventBasedGateway'));
      if (element.labelTarget || !object.$instanceOf?.('bpmn:FlowNode') || object.$type === 'bpmn:EndEvent' || object.$type === 'bpmn:EventBasedGateway') return kept;
      const added = {};
      for (const [kind, icon] of APPENDS) added[`mes.${kind}`] = this.append(kind, icon);
      if (object.$instanceOf('bpmn:Task')) added['mes.rework'] = this.loop();
      return { ...added, ...(entries['append.text-annotation'] && { note: entries['append.text-annotation'] }), ...kept };
    };
  }

  append(kind, icon) {
    const badge = KINDS[kind]?.badge;
    const title = say('Append: {what}', { what: say(KINDS[kind]?.label ?? WORDS[kind]) });
    return {
      group: 'model',
      className: badge ? `mes-pad mes-pad-${kind}` : icon,
      title,
      ...(badge && { html: `<div class="entry mes-pad">${badge}</div>` }),
      action: {
        click: (_, element) => this.autoPlace.append(element, this.mesSteps.shape(kind)),
        dragstart: (event, element) => this.create.start(event, this.mesSteps.shape(kind), { source: element }),
      },
    };
  }

  loop() {
    return {
      group: 'model',
      className: 'mes-pad mes-pad-rework',
      title: say('Add a rework loop'),
      html: '<div class="entry mes-pad">↺</div>',
      action: { click: (_, element) => this.mesRework.add(element) },
    };
  }
}
Pad.$inject = ['contextPad', 'mesSteps', 'mesRework', 'autoPlace', 'create'];

export default { __init__: ['mesPad'], mesPad: ['type', Pad] };
