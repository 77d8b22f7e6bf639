"""Themes that are known without any config, over AI and its neighbours.

A rule of the config with the same name replaces one of these. Order decides between equal claims:
the narrower theme stands before the wider one. Phrases are matched as `rules` does (case, plural
and hyphen do not matter).
"""

from __future__ import annotations

from digest.editorial.rules import Topic


def _topic(name: str, keywords: str, categories: str = "") -> Topic:
    """A topic from phrases parted by semicolons and categories parted by blanks."""
    phrases = tuple(phrase.strip() for phrase in keywords.split(";"))
    return Topic(name=name, keywords=phrases, categories=tuple(categories.split()))


TAXONOMY: tuple[Topic, ...] = (
    # Safety and society
    _topic(
        "Jailbreaks & Red Teaming",
        "jailbreak; jailbreaking; red teaming; prompt injection; adversarial prompt; guardrail;"
        "harmful content; harmful query; refusal; safety alignment; unsafe; moderation; backdoor;"
        "content safety; harmful; safe response",
    ),
    _topic(
        "Alignment & Preferences",
        "alignment; RLHF; human feedback; preference optimization; DPO; reward model; human values;"
        "human preference; reward hacking; sycophancy; constitutional; preference learning;"
        "direct preference optimization; value alignment; scalable oversight",
    ),
    _topic(
        "AI Risk & Governance",
        "governance; regulation; existential risk; catastrophic risk; policy makers; AI risk;"
        "AI Act; accountability; audit; risk management; safety case; risk assessment; AI safety;"
        "societal impact; compliance; liability; standards; frontier AI; policymaker",
    ),
    _topic(
        "Fairness, Bias & Society",
        "fairness; social bias; gender bias; stereotype; discrimination; demographic; toxicity;"
        "hate speech; equitable; ethics; ethical; bias mitigation; debiasing; marginalized;"
        "offensive; inclusive; racial; abusive language; disparity",
    ),
    _topic(
        "Privacy, Unlearning & Federated Learning",
        "privacy; differential privacy; differentially private; federated learning; unlearning;"
        "membership inference; memorization; private data; data leakage; secure aggregation;"
        "machine unlearning; anonymization; copyright; concept erasure",
    ),
    _topic(
        "Adversarial Attacks & Robustness",
        "adversarial attack; adversarial example; adversarial training; adversarial robustness;"
        "certified robustness; perturbation; poisoning; adversarially robust; robustness; threat;"
        "adversarial patch; attack success rate; defense",
        "cs.CR",
    ),
    _topic(
        "Deepfakes & Provenance",
        "deepfake; watermark; watermarking; AI generated image; forgery; face forgery; synthetic"
        " image detection; machine generated text; image manipulation; AI generated text;"
        "misinformation; fake news; AI generated content; tampering; face swapping",
    ),
    _topic(
        "Uncertainty & Calibration",
        "uncertainty; calibration; conformal prediction; out of distribution detection; OOD;"
        "uncertainty quantification; uncertainty estimation; confidence; selective prediction;"
        "out of distribution; failure detection; anomaly detection; epistemic; prediction set",
    ),
    _topic(
        "Distribution Shift & Generalization",
        "distribution shift; domain adaptation; domain generalization; domain shift; invariance;"
        "test time adaptation; spurious correlation; dataset shift; covariate shift;"
        "invariant learning; subpopulation; worst group; unseen domain; label noise; noisy labels",
    ),
    _topic(
        "Hallucination & Factuality",
        "hallucination; factuality; fact checking; factual; truthfulness; fact verification;"
        "truthful; groundedness; faithfulness; claim verification",
    ),
    # Language models
    _topic(
        "Agents & Tool Use",
        "agent; agentic; tool use; tool calling; function calling; multi agent; web agent;"
        "GUI agent; computer use; deep research; LLM agent; autonomous agent; MCP; tool learning;"
        "tool integrated; search agent; language agent; planner",
        "cs.MA",
    ),
    _topic(
        "Code & Software Engineering",
        "code generation; software engineering; program synthesis; program repair; coding;"
        "code LLM; SWE bench; software; compiler; bug; programming; vulnerability; unit test;"
        "code completion; repository level; GitHub; smart contract; code review; source code",
        "cs.SE cs.PL",
    ),
    _topic(
        "Reasoning & Test-Time Compute",
        "reasoning; chain of thought; test time scaling; test time compute; mathematical reasoning;"
        "CoT; math problem; RLVR; verifiable reward; GRPO; reasoning model; long reasoning; math;"
        "overthinking; self consistency; process reward; verifier; theorem proving; multi step"
        " reasoning; inference time scaling; deliberation",
    ),
    _topic(
        "Retrieval & RAG",
        "retrieval augmented; RAG; retrieval; retriever; dense retrieval; reranking; search engine;"
        "passage retrieval; information retrieval; embedding model; text embedding; reranker;"
        "vector database; query expansion",
        "cs.IR",
    ),
    _topic(
        "Recommendation & User Modelling",
        "recommendation; recommender; collaborative filtering; click through rate; personalization;"
        "user behavior; user preference; personalized; sequential recommendation; advertising",
    ),
    _topic(
        "Question Answering",
        "question answering; reading comprehension; QA; multi hop; open domain question;"
        "answering questions; answer extraction; SQuAD; machine reading; conversational question"
        " answering; commonsense",
    ),
    _topic(
        "Dialogue & Conversation",
        "dialogue; dialog; conversational; chatbot; task oriented; response generation; persona;"
        "dialogue system; slot filling; intent detection; dialogue state tracking; conversation;"
        "role playing; utterance; empathetic",
    ),
    _topic(
        "Translation & Multilinguality",
        "machine translation; neural machine translation; translation; multilingual; cross lingual;"
        "low resource language; bilingual; NMT; translation quality; parallel corpus; language"
        " pair; non autoregressive; BLEU; dialect; code switching; transliteration",
    ),
    _topic(
        "Summarization & Text Generation",
        "summarization; summary; abstractive; text generation; headline; extractive;"
        "ROUGE; data to text; paraphrase; text simplification; document summarization; creative"
        " writing; story generation; storytelling; style transfer of text",
    ),
    _topic(
        "Information Extraction & Knowledge Graphs",
        "information extraction; relation extraction; named entity; entity linking; event"
        " extraction; knowledge graph; NER; knowledge base; entity; triple; ontology; coreference;"
        "named entity recognition; event detection; knowledge editing; temporal relation",
    ),
    _topic(
        "Sentiment, Style & Argument",
        "sentiment; sentiment analysis; argument mining; emotion; opinion; aspect based; sarcasm;"
        "stance; style transfer; argumentation; affective; persuasion; aspect; emotion recognition;"
        "formality; metaphor; humor",
    ),
    _topic(
        "Parsing & Linguistic Structure",
        "parsing; parser; dependency parsing; syntax; syntactic; constituency; grammar; treebank;"
        "part of speech; morphology; semantic parsing; linguistics; tagging; AMR; word"
        " segmentation; morphological; sequence labeling; chunking",
    ),
    _topic(
        "Pre-Training & Data",
        "pretraining; pre-training; data selection; scaling law; corpus; data curation; data"
        " mixture; foundation model training; tokenizer; tokenization; pretraining data; synthetic"
        " data; instruction tuning; fine tuning; continual pretraining; mid training; diffusion"
        " language model; web crawl; deduplication; language modeling",
    ),
    _topic(
        "Efficient Models & Inference",
        "quantization; pruning; distillation; speculative decoding; KV cache; sparse attention;"
        "mixture of experts; inference acceleration; efficient inference; LoRA; compression; low"
        " rank; linear attention; token pruning; parameter efficient; edge device; throughput;"
        "latency; long context; sparsity; GPU; memory footprint; low bit; model merging; serving",
        "cs.AR cs.DC",
    ),
    _topic(
        "Interpretability & Analysis",
        "interpretability; mechanistic interpretability; probing; sparse autoencoder; explanation;"
        "explainable; explainability; attribution; circuit; activation steering; steering vector;"
        "interpretable; concept bottleneck; saliency; feature attribution; representation analysis;"
        "in context learning",
    ),
    _topic(
        "Evaluation & Benchmarks",
        "benchmark; evaluation; leaderboard; LLM as a judge; evaluation metric; test set; evaluate;"
        "benchmarking; annotation; human evaluation; contamination; dataset; evaluator",
    ),
    # Seeing, hearing, moving
    _topic(
        "Autonomous Driving",
        "autonomous driving; self driving; driving; trajectory prediction; lane; BEV; traffic;"
        "vehicle; occupancy prediction; motion forecasting; end to end driving; nuScenes; lidar;"
        "Waymo; map construction; semantic occupancy",
    ),
    _topic(
        "Robotics & Embodied AI",
        "robot; robotic; manipulation; embodied; vision language action; VLA; grasping; navigation;"
        "locomotion; humanoid; dexterous; robot learning; teleoperation; imitation learning;"
        "diffusion policy; bimanual; visuomotor; SLAM; embodied agent",
        "cs.RO",
    ),
    _topic(
        "Video Generation & Editing",
        "video generation; text to video; video diffusion; video editing; image to video; world"
        " model; video synthesis; video generative; long video generation; camera control; video"
        " inpainting; talking head; lip sync; portrait animation",
    ),
    _topic(
        "Video Understanding",
        "video understanding; action recognition; temporal grounding; video question answering;"
        "long video; video LLM; moment retrieval; video; egocentric; tracking; object tracking;"
        "video segmentation; temporal action; action localization",
    ),
    _topic(
        "3D & Scene Reconstruction",
        "3D reconstruction; Gaussian splatting; NeRF; neural radiance field; novel view synthesis;"
        "3D generation; mesh; 3D Gaussian; multi view; depth estimation; surface reconstruction;"
        "structure from motion; camera pose; 3D scene; view synthesis; text to 3D; 3D asset; SDF;"
        "stereo matching; monocular depth",
    ),
    _topic(
        "Point Clouds",
        "point cloud; point clouds; 3D object detection; point cloud registration; LiDAR; voxel;"
        "3D segmentation; point cloud completion; 3D point cloud",
    ),
    _topic(
        "Human Motion & Avatars",
        "human motion; motion generation; text to motion; pose estimation; human pose; avatar;"
        "gesture; SMPL; motion capture; body; human mesh; hand pose; human object interaction;"
        "facial; face; character animation; human reconstruction; head avatar; motion synthesis",
    ),
    _topic(
        "Image Generation & Editing",
        "image generation; text to image; diffusion model; image editing; diffusion transformer;"
        "image synthesis; generative model; flow matching; GAN; style transfer; inpainting;"
        "personalized generation; score based; diffusion; autoregressive image; subject driven;"
        "controllable generation; rectified flow; latent diffusion; customization; denoising",
    ),
    _topic(
        "Segmentation",
        "segmentation; semantic segmentation; instance segmentation; SAM; segment anything;"
        "panoptic; open vocabulary segmentation; referring segmentation; mask; matting",
    ),
    _topic(
        "Object Detection & Recognition",
        "object detection; detector; DETR; open vocabulary detection; detection; small object;"
        "image classification; fine grained recognition; few shot detection; bounding box; YOLO;"
        "oriented object; re identification; object recognition; long tailed",
    ),
    _topic(
        "Remote Sensing & Earth",
        "remote sensing; satellite; aerial; UAV; geospatial; earth observation; hyperspectral;"
        "drone; land cover; climate; weather; weather forecasting; geolocation; SAR; multispectral",
    ),
    _topic(
        "Image Restoration",
        "super resolution; restoration; image restoration; deblurring; low light; dehazing; image"
        " enhancement; image compression; HDR; deraining; image quality; camera; raw image",
        "eess.IV",
    ),
    _topic(
        "Vision-Language & Multimodal",
        "vision language; multimodal; MLLM; VLM; CLIP; visual question answering; image captioning;"
        "multimodal large language model; vision language model; captioning; visual grounding;"
        "visual reasoning; image text; OCR; document understanding; chart; multimodal LLM;"
        "visual instruction; language grounding; cross modal; referring expression; LVLM; omni",
    ),
    _topic(
        "Speech & Audio",
        "speech; audio; speech recognition; text to speech; ASR; TTS; music; speaker; voice; sound;"
        "spoken; acoustic; speech synthesis; speech translation; prosody; music generation;"
        "audio visual; phoneme",
        "cs.SD eess.AS",
    ),
    # Learning in general
    _topic(
        "Reinforcement Learning",
        "reinforcement learning; policy gradient; offline RL; Q learning; actor critic; bandit;"
        "exploration; Markov decision process; MDP; reward; policy optimization; model based RL;"
        "world models; multi agent reinforcement learning; value function; offline reinforcement"
        " learning; decision making; regret",
    ),
    _topic(
        "Theory & Optimization",
        "convergence; generalization bound; sample complexity; convex; stochastic gradient descent;"
        "SGD; optimizer; lower bound; minimax; upper bound; gradient descent; optimal rate;"
        "learning theory; theoretical; nonconvex; kernel; approximation; online learning; PAC;"
        "polynomial time; implicit bias; neural tangent kernel; overparameterized; implicit"
        " regularization; Adam; second order; complexity; provable",
        "math.* stat.TH cs.DS",
    ),
    _topic(
        "Causality & Probabilistic Models",
        "causal; causality; causal inference; causal discovery; treatment effect; counterfactual;"
        "Bayesian; variational inference; Gaussian process; MCMC; latent variable; posterior;"
        "probabilistic; optimal transport; sampling; identifiability; structural causal model;"
        "normalizing flow; Monte Carlo; density estimation",
        "stat.ME stat.CO",
    ),
    _topic(
        "Graphs & Geometric Learning",
        "graph neural network; GNN; graph; message passing; node classification; equivariant;"
        "graph transformer; link prediction; equivariance; geometric deep learning; hypergraph;"
        "graph learning; Lie group; symmetry; manifold; heterophily",
        "cs.SI",
    ),
    _topic(
        "Time Series & Tabular Data",
        "time series; forecasting; tabular; time series forecasting; temporal data; anomaly; spatio"
        " temporal; spatiotemporal; tabular data; irregularly sampled; electricity; finance;"
        "financial; stock; table",
        "q-fin.*",
    ),
    _topic(
        "Continual & Few-Shot Learning",
        "continual learning; few shot; meta learning; transfer learning; lifelong learning;"
        "catastrophic forgetting; self supervised; contrastive learning; semi supervised; active"
        " learning; class incremental; representation learning; multi task; curriculum learning;"
        "zero shot; multi task learning; weakly supervised; self supervised learning",
    ),
    # Neighbouring fields
    _topic(
        "Medicine & Health",
        "medical; clinical; patient; healthcare; diagnosis; radiology; MRI; CT; pathology;"
        "medical image; cancer; disease; EHR; electronic health record; tumor; surgical; mental"
        " health; histopathology; medical imaging; lesion; X-ray; health; ultrasound; drug;"
        "whole slide image; biomedical; hospital; endoscopy",
    ),
    _topic(
        "Biology & Chemistry",
        "protein; molecule; molecular; drug discovery; genomics; DNA; RNA; single cell; chemistry;"
        "material; gene; cell; crystal; biological; enzyme; peptide; antibody; genome; chemical;"
        "materials science; ligand; microbiome; reaction",
        "q-bio.* physics.chem-ph",
    ),
    _topic(
        "Neuroscience & Cognition",
        "brain; fMRI; EEG; neural activity; cortex; neuroscience; cognitive; spiking neural"
        " network; human vision; neurons; visual cortex; spiking; psychology; cognition;"
        "brain decoding; neural recordings; perception of humans; working memory",
        "q-bio.NC",
    ),
    _topic(
        "Physics & Scientific Computing",
        "PDE; partial differential equation; neural operator; physics informed; simulation; fluid;"
        "surrogate model; scientific discovery; physics; astronomy; differential equations;"
        "dynamical system; scientific machine learning; quantum; AI scientist; AI for science",
        "physics.* quant-ph astro-ph.* cond-mat.* hep-* gr-qc nlin.*",
    ),
    _topic(
        "Games, Economics & Decisions",
        "game; Nash equilibrium; auction; mechanism design; economics; market; game theory; chess;"
        "social choice; negotiation; matching market; strategic; operations research;"
        "combinatorial optimization; vehicle routing; scheduling; SAT solver",
        "cs.GT econ.*",
    ),
    _topic(
        "People & Interaction",
        "user study; human computer interaction; human AI; education; students; participants; user"
        " interface; co-creation; accessibility; crowdsourcing; teaching; survey of users; visual"
        "ization; human centered; user experience; design process; teacher; tutoring",
        "cs.HC cs.CY",
    ),
)
