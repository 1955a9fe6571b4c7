/** What an element may become: the library's menu without what no plant runs. */
const NEVER = /script|transaction|ad-hoc|complex|compensat|cancel|instantiat/i;

class Replace {
  constructor(popupMenu) {
    popupMenu.registerProvider('bpmn-replace', 500, this);
  }

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => !NEVER.test(id)));
  }
}
Replace.$inject = ['popupMenu'];

export default { __init__: ['mesReplace'], mesReplace: ['type', Replace] };
