// The one module that names the library: without Node it is replaced by the library as published.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import '../shared/diagram.css';

export default NavigatedViewer;
